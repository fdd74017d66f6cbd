import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bus } from '#events/bus/port.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { leadStatusChangedV1 } from '#events/schemas/index.ts';
import { mintToken } from '#gateway/identity/trial.ts';
import { type OpenLive, type RunningGateway, startGateway } from '#gateway/main.ts';
import { SubscriberTooSlow } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { busEngines, type TemporaryLog, temporaryLog } from '#test/harness/buses.ts';
import { type ScriptedLive, scriptedLive } from './scripted-live.ts';
import { readTranscripts, replay, type Stage } from './transcripts.ts';

const root = resolve(import.meta.dirname, '../..');
const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'default' };

const shutDown = 'the gateway shuts down';

let folder: string;
const authentication = () => ({
  secret: { file: join(folder, 'secret') },
  issuer: 'https://id.example',
  audience: 'tributary',
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transcripts-'));
  await writeFile(join(folder, 'secret'), 'a secret of more than thirty-two bytes');
});
afterAll(() => rm(folder, { recursive: true }));

/** The project's gateway. Its subgraphs do not run: nothing is asked for but what events say. */
function startOn(bus: Bus | undefined, openLive?: OpenLive): Promise<RunningGateway> {
  const options = {
    supergraph: join(root, 'supergraph.graphql'),
    port: 0,
    watchMs: 0,
    logger: pino({ level: 'silent' }),
    authentication: authentication(),
    edge: { webSocket: { initMs: 1_000 } },
    /* Else events that the log has forgotten would still be in memory. */
    live: { lingerMs: 0 },
    ...(bus && { bus }),
  };
  return startGateway(options, openLive);
}

async function tokens(): Promise<Record<string, string>> {
  const token = (viewer: Viewer, seconds: number) => mintToken(authentication(), viewer, seconds);
  return {
    token: await token(ada, 60),
    'short token': await token(ada, 3),
    'token of another': await token({ ...ada, id: 'bob' }, 60),
    'forged token': `${(await token(ada, 60)).slice(0, -6)}AAAAAA`,
  };
}

function changeOf(owner: string, from: string, to: string): EventEnvelope {
  const lead = `led_${randomUUID()}`;
  const change = {
    subject: lead,
    entityVersion: 2,
    routing: { leadid: lead, ownerid: owner },
    data: { from, to },
  };
  const cause = {
    tenant: 'default',
    actor: 'user:ada',
    origin: 'mutation',
    correlationId: 'request',
  } as const;
  return makeEvent(leadStatusChangedV1, change, cause) as unknown as EventEnvelope;
}

/** A place on a gateway whose bus has forgotten the first events. */
async function stageOn(gateway: RunningGateway, bus: Bus): Promise<Stage> {
  const owner = `usr_${randomUUID()}`;
  const [first] = await bus.publish([1, 2, 3].map(() => changeOf(owner, 'NEW', 'WORKING')));
  await bus.trim(new Date(Date.now() + 1_000).toISOString());
  return {
    url: gateway.url,
    values: { ...(await tokens()), owner, 'cursor behind retention': first?.cursor ?? '' },
    subscriptions: () => gateway.live().subscriptions,
    direct: async (direction) => {
      const [, from, to] = /^a lead of <owner> changes from (\w+) to (\w+)$/.exec(direction) ?? [];
      if (from !== undefined && to !== undefined) {
        await bus.publish([changeOf(owner, from, to)]);
      } else if (direction === shutDown) {
        void gateway.close();
      } else {
        expect(direction).toMatch(/^the token (is about to run|runs) out$|^the client sends nothing$/);
      }
    },
  };
}

/** A gateway whose subscriptions only end: filling the buffers of a machine would take long. */
async function slowStage(gateway: RunningGateway, live: ScriptedLive): Promise<Stage> {
  return {
    url: gateway.url,
    values: { ...(await tokens()), owner: 'usr_7' },
    subscriptions: () => gateway.live().subscriptions,
    direct: async (direction) => {
      expect(direction).toBe('the client reads less than the log can keep');
      for (const { end, cursor } of live.opened) end({ kind: 'error', error: SubscriberTooSlow(), cursor });
    },
  };
}

const all = await readTranscripts(join(root, 'gateway/subscriptions/PROTOCOL.md'));
const slow = all.filter(({ title }) => title.startsWith('A slow reader'));
const others = all.filter((transcript) => !slow.includes(transcript)).map((one) => [one.title, one] as const);

it('transcripts of every kind are found', () => {
  expect([slow.length, others.length]).toEqual([1, 13]);
});

it('a reader that is too slow is ended as the page on the protocol shows', async () => {
  const live = scriptedLive();
  const gateway = await startOn(undefined, () => live);
  for (const transcript of slow) await replay(transcript, await slowStage(gateway, live));
  await gateway.close();
});

describe.each(busEngines)('what the page on the protocol shows happens on $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('with a bus of its own', () => {
    let log: TemporaryLog;
    let bus: Bus;
    let shared: RunningGateway;
    beforeAll(async () => {
      log = await temporaryLog(engine);
      bus = await log.open();
      shared = await startOn(bus);
    });
    afterAll(async () => {
      await shared?.close();
      await log?.remove();
    });

    it.each(others)('%s', async (_, transcript) => {
      const ends = transcript.lines.some(({ text }) => text === shutDown);
      const gateway = ends ? await startOn(bus) : shared;
      await replay(transcript, await stageOn(gateway, bus)).finally(() => ends && gateway.close());
      await vi.waitFor(() => expect(gateway.live().subscriptions).toBe(0));
    });
  });
});
