/**
 * A gateway with everything from a mutation to its subscribers in one process, as `up` has it: a CRM in a file, its
 * relay, the embedded bus, the hub. The subgraphs that entities are fetched from answer from memory elsewhere.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStaleness } from '#chassis/staleness.ts';
import { batchedLog } from '#cli/run/log.ts';
import { openBus } from '#events/bus/open.ts';
import { startRelay } from '#events/relay.ts';
import { startGateway } from '#gateway/main.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { updateLeadStatus } from '#subgraphs/crm/mutations/update-lead-status.ts';
import { writeRows } from '#subgraphs/crm/store/rows.ts';
import { report, subgraphUrls } from '../overhead/contender-process.ts';
import type { Moved, MoveLeads } from './messages.ts';

const owners = Number(process.env.OWNERS);
/** Of each owner, so that no lead is moved twice at once. */
const leadsEach = 20;
const log = batchedLog('info', '/dev/null');
const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
const bus = await openBus(
  { kind: 'embedded', file: join(folder, 'events.sqlite') },
  { retention: { maxAgeMs: 86_400_000, maxBytes: 4_000_000_000 } },
);
const crm = await openCrm({ location: { engine: 'sqlite', file: join(folder, 'crm.sqlite') } });
const relay = startRelay({ name: 'crm', store: crm.store, bus, log });
const context = crm.subgraph.context({
  viewer: { kind: 'local', id: 'local', roles: [], scopes: [], tenant: 'default' },
  tenant: 'default',
  requestId: 'bench',
  traceparent: undefined,
  log,
  signal: new AbortController().signal,
  staleness: openStaleness(),
});
const gateway = await startGateway({
  supergraph: 'supergraph.graphql',
  port: 0,
  logger: log,
  bus,
  subgraphUrls,
  edge: { connection: { connections: 20_000 } },
  live: { subscriptionsPerViewer: 20_000 },
});

const observedAt = new Date().toISOString();
await crm.store.transaction(async (trx) => {
  const ids = Array.from({ length: owners }, (_, nth) => `usr_${nth}`);
  const users = ids.map((id) => ({ id, name: id, email: null, team: null, managerId: null }));
  await writeRows(trx, 'users', 'default', users, observedAt);
  const leads = Array.from({ length: owners * leadsEach }, (_, nth) => ({
    id: `lea_${nth}`,
    status: 'WORKING' as const,
    source: null,
    contactId: null,
    accountId: null,
    ownerId: ids[nth % owners] as string,
  }));
  await writeRows(trx, 'leads', 'default', leads, observedAt);
});

let moved = 0;

/** Moves the leads of all owners in turn, back and forth. */
async function moveOne(): Promise<void> {
  const nth = moved++;
  const status = Math.floor(nth / (owners * leadsEach)) % 2 === 0 ? 'QUALIFIED' : 'WORKING';
  const input = { idempotencyKey: `bench-${nth}`, leadId: `lea_${nth % (owners * leadsEach)}`, status };
  await (updateLeadStatus as (...given: unknown[]) => Promise<unknown>)({}, { input }, context);
}

async function move({ count, perSecond }: MoveLeads): Promise<Moved> {
  const before = { numbers: gateway.live(), cpu: process.cpuUsage() };
  const startedAt = performance.now();
  const under: Promise<void>[] = [];
  for (let nth = 0; nth < count; nth++) {
    under.push(moveOne());
    const ahead = (under.length / perSecond) * 1_000 - (performance.now() - startedAt);
    if (ahead > 1) await sleep(ahead);
  }
  await Promise.all(under);
  const after = gateway.live();
  const { user, system } = process.cpuUsage(before.cpu);
  return {
    kind: 'moved',
    seconds: (performance.now() - startedAt) / 1_000,
    events: after.events - before.numbers.events,
    executions: after.executions - before.numbers.executions,
    messages: after.messages - before.numbers.messages,
    cpuSeconds: (user + system) / 1e6,
  };
}

process.on('message', (message) => {
  if (typeof message === 'object') void move(message as MoveLeads).then((done) => process.send?.(done));
});
process.once('SIGTERM', () => {
  void (async () => {
    await gateway.close();
    await relay.close();
    await crm.subgraph.close();
    await bus.close();
    await rm(folder, { recursive: true, force: true });
    process.exit(0);
  })();
});
report(gateway.url);
