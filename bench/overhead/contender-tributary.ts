import { batchedLog } from '#cli/run/log.ts';
import { startGateway } from '#gateway/main.ts';
import { report, subgraphUrls } from './contender-process.ts';

/**
 * The gateway as it ships: validation, limits, sharing, tracing headers and a log line a request. With `SHARING=off`
 * each request asks for itself, as it does with the other contenders.
 */
const gateway = await startGateway({
  supergraph: 'supergraph.graphql',
  port: 0,
  logger: batchedLog('info', '/dev/null'),
  subgraphUrls,
  sharing: { enabled: process.env.SHARING !== 'off' },
});
report(`${gateway.url}/graphql`);
