import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchedLog } from '#cli/run/log.ts';
import { openUsage } from '#contracts/usage/index.ts';
import { startGateway } from '#gateway/main.ts';
import { answerQuestions, subgraphUrls } from '../overhead/contender-process.ts';

/**
 * Two gateways as they ship, one of which records usage in a file. They share a process, and with it all compiled code:
 * two processes compile otherwise, which is a larger difference than the one that is looked for.
 */
const log = batchedLog('info', '/dev/null');
const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
const location = { engine: 'sqlite', file: join(folder, 'usage.sqlite') } as const;
const usage = await openUsage(location, { log });
const options = { supergraph: 'supergraph.graphql', port: 0, logger: log, subgraphUrls };
const without = await startGateway(options);
const recording = await startGateway({ ...options, usage });
process.once('SIGTERM', () => {
  void Promise.all([without.close(), recording.close()])
    .then(() => usage.close())
    .then(() => rm(folder, { recursive: true, force: true }))
    .then(() => process.exit(0));
});
answerQuestions();
process.send?.({ without: `${without.url}/graphql`, recording: `${recording.url}/graphql` });
