import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { envelopeShape } from '#events/envelope.ts';
import { type Relay, startRelay } from '#events/relay.ts';
import { type RunningConsumer, startConsumer } from '#events/start-consumer.ts';
import { collectLog } from '#test/harness/log.ts';
import { memoryBus } from '#test/harness/memory-bus.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { warehouseBeside } from '#test/harness/warehouses.ts';
import { type Analytics, openAnalytics } from './main.ts';

const recordTouch = `mutation ($input: RecordTouchInput!) { recordTouch(input: $input) {
  touch { id channel kind campaign { id } at observedAt } event { id type } replayed } }`;
const recordConversion = `mutation ($input: RecordConversionInput!) { recordConversion(input: $input) {
  conversion { id kind at observedAt } event { id type } replayed } }`;

const day = 86_400_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe.each(engines)('mutations of analytics on $engine', ({ engine, missing }) => {
  let folder: string;
  let place: TemporaryStore;
  let analytics: Analytics;
  let running: RunningSubgraph;
  let ofOther: RunningSubgraph;
  let relay: Relay;
  let consumer: RunningConsumer;
  const bus = memoryBus();

  beforeAll(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    place = await temporaryStore(engine);
    analytics = await openAnalytics({
      warehouse: warehouseBeside(place.location, folder),
      location: place.location,
    });
    running = await serveForTest(analytics.subgraph);
    ofOther = await serveForTest({
      ...analytics.subgraph,
      context: (request) => analytics.subgraph.context({ ...request, tenant: 'other' }),
      close: async () => {},
    });
    const { store, consumers } = analytics;
    const log = collectLog().logger;
    relay = startRelay({ name: 'analytics', store, bus, log });
    expect(consumers.map(({ name }) => name)).toEqual(['analytics.warehouse']);
    for (const each of consumers) consumer = await startConsumer(each, { bus, store, log });
  });

  afterAll(async () => {
    await relay?.close();
    await consumer?.stop();
    await ofOther?.close();
    await running?.close();
    await place?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const touch = (extra: object) =>
    ask(running.url, recordTouch, {
      input: { idempotencyKey: randomUUID(), channel: 'WEBINAR', kind: 'ATTENDANCE', ...extra },
    });
  const conversion = (extra: object) =>
    ask(running.url, recordConversion, {
      input: { idempotencyKey: randomUUID(), kind: 'OPPORTUNITY_WON', ...extra },
    });
  const snapshot = async (accountId: string, url = running.url) => {
    const { data } = await ask(
      url,
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account {
        touches { totalCount nodes { id at } }
        attribution(model: LAST_TOUCH) { asOf conversion { id kind } credits { channel campaign { id } credit } } } } }`,
      { r: [{ __typename: 'Account', id: accountId }] },
    );
    return data._entities[0];
  };
  const eventsOf = (id: string) =>
    bus.events.filter(({ subject }) => subject === id).map((event) => envelopeShape.parse(event));

  it.skipIf(missing)('record a touch, with an event that tells it whole and names nobody', async () => {
    const at = ago(day);
    const input = { accountId: 'acc_1', leadId: 'lea_1', campaignId: 'cmp_1', at };
    const { data, errors } = await touch(input);
    expect(errors).toBeUndefined();
    const { touch: made, event, replayed } = data.recordTouch;
    expect(made).toMatchObject({ channel: 'WEBINAR', kind: 'ATTENDANCE', campaign: { id: 'cmp_1' }, at });
    expect(Date.now() - Date.parse(made.observedAt)).toBeLessThan(60_000);
    expect(replayed).toBe(false);
    await expect.poll(() => eventsOf(made.id)).toHaveLength(1);
    expect(eventsOf(made.id)).toMatchObject([
      {
        id: event.id,
        type: 'tributary.analytics.TouchRecorded.v1',
        partitionkey: made.id,
        entityversion: 1,
        accountid: 'acc_1',
        leadid: 'lea_1',
        campaignid: 'cmp_1',
        origin: 'mutation',
        data: { channel: 'WEBINAR', kind: 'ATTENDANCE', at },
      },
    ]);
    expect(event.type).toBe('tributary.analytics.TouchRecorded.v1');
  });

  it.skipIf(missing)('show in the account what was recorded, of one tenant alone', async () => {
    const first = (await touch({ accountId: 'acc_2', at: ago(3 * day) })).data.recordTouch.touch;
    const second = (await touch({ accountId: 'acc_2', campaignId: 'cmp_2', at: ago(2 * day) })).data
      .recordTouch.touch;
    const won = (await conversion({ accountId: 'acc_2', at: ago(day) })).data.recordConversion;
    expect(won).toMatchObject({
      conversion: { kind: 'OPPORTUNITY_WON' },
      event: { type: 'tributary.analytics.ConversionRecorded.v1' },
    });
    await touch({ accountId: 'acc_2' });
    await expect.poll(async () => (await snapshot('acc_2'))?.touches?.totalCount).toBe(3);
    await expect
      .poll(async () => (await snapshot('acc_2')).attribution.conversion)
      .toEqual({ id: won.conversion.id, kind: 'OPPORTUNITY_WON' });
    const { touches, attribution } = await snapshot('acc_2');
    expect(touches.nodes.slice(1)).toEqual([
      { id: second.id, at: second.at },
      { id: first.id, at: first.at },
    ]);
    expect(attribution.credits[0]).toEqual({
      channel: 'WEBINAR',
      campaign: { id: 'cmp_2' },
      credit: '1.000000',
    });
    expect((await snapshot('acc_2', ofOther.url)).touches).toBeNull();
  });

  it.skipIf(missing)('write an event once that comes many times', async () => {
    const { id } = (await touch({ accountId: 'acc_3' })).data.recordTouch.touch;
    await expect.poll(async () => (await snapshot('acc_3'))?.touches?.totalCount).toBe(1);
    const [event] = eventsOf(id);
    if (event === undefined) throw new Error('There is no event.');
    // As a replay does it: past the inbox.
    await consumer.take([event], 'anew', new AbortController().signal);
    await consumer.take([event, event], 'anew', new AbortController().signal);
    expect((await snapshot('acc_3')).touches.totalCount).toBe(1);
    expect((await snapshot('acc_3')).attribution.credits[0].credit).toBe('1.000000');
  });

  it.skipIf(missing)(
    'move the watermark to what was recorded, never back and never ahead of now',
    async () => {
      const latest = (await touch({ accountId: 'acc_4' })).data.recordTouch.touch;
      const asOf = async () => (await snapshot('acc_4'))?.attribution?.asOf;
      await expect.poll(asOf).toBe(latest.at);
      const before = (await touch({ accountId: 'acc_4', at: ago(300 * day) })).data.recordTouch.touch;
      await expect.poll(async () => (await snapshot('acc_4')).touches.totalCount).toBe(2);
      expect((await snapshot('acc_4')).touches.nodes[1].id).toBe(before.id);
      expect(await asOf()).toBe(latest.at);

      const [event] = eventsOf(latest.id);
      if (event === undefined) throw new Error('There is no event.');
      const ahead = {
        ...event,
        id: randomUUID(),
        subject: 'tch_ahead',
        data: { ...event.data, at: ago(-day) },
      };
      await consumer.take([ahead], 'anew', new AbortController().signal);
      expect(Date.parse(await asOf())).toBeLessThanOrEqual(Date.now());
      expect((await snapshot('acc_4')).touches.totalCount).toBe(2);
    },
  );

  it.skipIf(missing)('bring a burst together', async () => {
    const keys = Array.from({ length: 120 }, (_, n) => n);
    const answers = await Promise.all(keys.map(() => touch({ accountId: 'acc_burst' })));
    for (const { errors } of answers) expect(errors).toBeUndefined();
    await expect.poll(async () => (await snapshot('acc_burst'))?.touches?.totalCount).toBe(120);
  });

  it.skipIf(missing)('answer a repeated key with the first touch and event', async () => {
    const input = { idempotencyKey: randomUUID(), accountId: 'acc_5' };
    const answers = await Promise.all([touch(input), touch(input), touch(input)]);
    const receipts = answers.map(({ data }) => data.recordTouch);
    expect(new Set(receipts.map(({ event }) => event.id)).size).toBe(1);
    expect(new Set(receipts.map(({ touch: { id } }) => id)).size).toBe(1);
    expect(receipts.filter(({ replayed }) => replayed)).toHaveLength(2);
    const other = await touch({ ...input, accountId: 'acc_6' });
    expect(other.errors?.[0]?.extensions?.code).toBe('IDEMPOTENCY_CONFLICT');
    const alsoOther = await conversion(input);
    expect(alsoOther.errors?.[0]?.extensions?.code).toBe('IDEMPOTENCY_CONFLICT');

    const won = { idempotencyKey: randomUUID(), accountId: 'acc_5' };
    const first = (await conversion(won)).data.recordConversion;
    expect((await conversion(won)).data.recordConversion).toEqual({ ...first, replayed: true });
  });

  it.skipIf(missing).each([
    ['neither account nor lead', {}, 'accountId'],
    ['an address for an account', { accountId: 'a@mail.example' }, 'accountId'],
    ['an id without end', { leadId: 'x'.repeat(129) }, 'leadId'],
    ['a campaign with spaces', { accountId: 'acc_1', campaignId: 'spring sale' }, 'campaignId'],
    ['the future', { accountId: 'acc_1', at: ago(-60_000) }, 'at'],
    ['long ago', { accountId: 'acc_1', at: ago(401 * day) }, 'at'],
  ])('refuse a touch with %s', async (_, extra, field) => {
    const { data, errors } = await touch(extra);
    expect(data.recordTouch).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_ARGUMENT', field } }]);
    expect(errors?.[0]?.message).toContain(field);
  });

  it.skipIf(missing).each([
    ['no id for an account', { accountId: '' }, 'accountId'],
    ['the future', { accountId: 'acc_1', at: ago(-60_000) }, 'at'],
    ['long ago', { accountId: 'acc_1', at: ago(401 * day) }, 'at'],
  ])('refuse a conversion with %s', async (_, extra, field) => {
    const { data, errors } = await conversion(extra);
    expect(data.recordConversion).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_ARGUMENT', field } }]);
  });

  it.skipIf(missing)('are healthy only while both the warehouse and the ingest store are', async () => {
    const health = async (url: string) => (await fetch(url.replace('/graphql', '/health'))).status;
    expect(await health(running.url)).toBe(200);
    const own = await temporaryStore(engine);
    const other = await openAnalytics({
      warehouse: warehouseBeside(own.location, join(folder, 'other')),
      location: own.location,
    });
    const served = await serveForTest(other.subgraph);
    try {
      expect(await health(served.url)).toBe(200);
      await other.store.close();
      expect(await health(served.url)).toBe(503);
    } finally {
      await served.close().catch(() => {});
      await own.remove();
    }
    const third = await temporaryStore(engine);
    const without = await openAnalytics({
      warehouse: warehouseBeside(third.location, join(folder, 'third')),
      location: third.location,
    });
    const servedWithout = await serveForTest(without.subgraph);
    try {
      await without.warehouse.close();
      expect(await health(servedWithout.url)).toBe(503);
    } finally {
      await servedWithout.close();
      await third.remove();
    }
  });
});
