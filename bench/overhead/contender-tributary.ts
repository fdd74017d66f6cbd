import { pino } from 'pino';
import { startGateway } from '#gateway/main.ts';
import { report, subgraphUrls } from './contender-process.ts';

/** The gateway as it ships: validation, limits, sharing, tracing headers and a log line a request. */
const gateway = await startGateway({
  supergraph: 'supergraph.graphql',
  port: 0,
  logger: pino({ level: 'info', base: undefined }, pino.destination({ dest: '/dev/null', sync: false })),
  subgraphUrls,
});
report(`${gateway.url}/graphql`);
