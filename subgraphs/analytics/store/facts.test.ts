import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cause, envelopeShape } from '#events/envelope.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import type { TouchRow } from '../adapters/warehouse.ts';
import { type Analytics, openAnalytics } from '../main.ts';
import { writeFacts } from './facts.ts';

const seen = '2026-03-01T00:00:00.000Z';
const cause: Cause = { tenant: 'default', actor: 'local', origin: 'seed', correlationId: 'run_1' };

const touch = (n: number, extra: Partial<TouchRow> = {}): TouchRow => ({
  id: `tch_${n}`,
  accountId: `acc_${n}`,
  leadId: null,
  channel: 'EMAIL',
  campaignId: null,
  kind: 'OPEN',
  at: '2026-02-01T00:00:00.000Z',
  ...extra,
});

describe.each(engines)('facts that come from elsewhere on $engine', ({ engine, missing }) => {
  let folder: string;
  let place: TemporaryStore;
  let analytics: Analytics;
  beforeAll(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    place = await temporaryStore(engine);
    analytics = await openAnalytics({
      warehouse: { engine: 'duckdb', file: join(folder, 'analytics.duckdb') },
      location: place.location,
    });
  });
  afterAll(async () => {
    await analytics?.subgraph.close();
    await place?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(missing)(
    'are recorded with one event each, and those that are known are not told again',
    async () => {
      const { store } = analytics;
      const write = (rows: readonly TouchRow[]) =>
        store.transaction((trx) => writeFacts(trx, 'touches', 'default', rows, seen, cause));
      const many = Array.from({ length: 1_200 }, (_, n) => touch(n));
      const lead = touch(2_000, { accountId: null, leadId: 'lea_1', campaignId: 'cmp_1' });
      expect(await write(many)).toEqual(many.map(() => 'inserted'));
      expect(await write([touch(7), lead, lead])).toEqual(['unchanged', 'inserted', 'unchanged']);
      const rows = await store.db.selectFrom('outbox').select('envelope').orderBy('position').execute();
      const events = rows.map(({ envelope }) => envelopeShape.parse(JSON.parse(envelope)));
      expect(new Set(events.map(({ subject }) => subject)).size).toBe(1_201);
      expect(events).toHaveLength(1_201);
      expect(events.at(-1)).toMatchObject({
        type: 'tributary.analytics.TouchRecorded.v1',
        subject: 'tch_2000',
        leadid: 'lea_1',
        campaignid: 'cmp_1',
        origin: 'seed',
        correlationid: 'run_1',
      });
      const won = { id: 'cnv_1', accountId: 'acc_1', kind: 'OPPORTUNITY_WON' as const, at: seen };
      const conversions = await store.transaction((trx) =>
        writeFacts(trx, 'conversions', 'default', [won], seen, cause),
      );
      expect(conversions).toEqual(['inserted']);
    },
  );
});
