import { afterEach, describe, expect, it } from 'vitest';
import { createOutbox } from '#events/outbox.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openStore } from '../../store/store.ts';
import { pushesOfEvents } from './record.ts';
import type { Rule } from './rules.ts';
import { createPushes, type Fields, type PushRow, type PushTables } from './tables.ts';
import { type SeenRecord, weighRecords } from './weigh.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const at = (minute: number) => `2026-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`;

/** A change that waits, made in the tenth minute. */
const push = (version: number, fields: Fields, more: Partial<PushRow> = {}): PushRow => ({
  ...{ tenant: 'default', eventId: `e${version}`, type: 'deals', id: 'opp_1', version, kind: 'update' },
  ...{ fields: JSON.stringify(fields), state: 'PENDING', madeAt: at(10), sentAs: null, sentAt: null },
  ...{ attempts: 0, failure: null, code: null, settledAt: null, contested: 0 },
  ...more,
});
const accepted = (minute: number) =>
  ({ state: 'ACCEPTED', sentAs: 'key', sentAt: at(minute - 1), settledAt: at(minute) }) as const;
const won: Fields = {
  stage: { from: 'PROPOSAL', to: 'WON' },
  closeDate: { from: null, to: '2026-02-02', with: 'stage' },
};

describe.each(engines)('records that are weighed on $engine', ({ engine, missing }) => {
  const open = async (pushes: readonly PushRow[]) => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const store = await openStore<PushTables>({
      name: 'things',
      location,
      migrations: {
        '001_pushes': async (target) => {
          await createPushes(target);
          await createOutbox(target);
        },
      },
    });
    ends.push(store.close);
    await store.transaction((trx) => trx.insertInto('pushes').values(pushes).execute());
    return {
      weigh: async (records: readonly SeenRecord[], rule: Rule = 'platform', observedAt = at(5)) => {
        const place = { tenant: 'default', type: 'deals', observedAt, ruleOf: () => rule };
        const weighed = await store.transaction((trx) => weighRecords(trx, records, place));
        return new Map([...weighed].map(([id, { kept }]) => [id, kept.toSorted()]));
      },
      from: async (name: string) => {
        const ids = pushes.map(({ eventId }) => eventId);
        return (await pushesOfEvents(store.db, 'default', ids)).map(({ fields }) => fields[name]?.from);
      },
    };
  };
  const seen = (values: object, minute: number, id = 'opp_1') => ({
    ...{ id, changedAt: at(minute) },
    values: values as SeenRecord['values'],
  });

  it.skipIf(missing)(
    'keep what belongs to a field of ours that waits, though the vendor has that',
    async () => {
      const { weigh } = await open([push(1, won)]);
      const kept = await weigh([seen({ stage: 'WON', closeDate: '2026-09-01' }, 20)]);
      expect(kept.get('opp_1')).toEqual(['closeDate', 'stage']);
    },
  );

  it.skipIf(missing)(
    'keep what the vendor accepted since, each by its own time, with what belongs to it',
    async () => {
      const { weigh } = await open([push(1, won, accepted(30))]);
      const before = seen({ stage: 'PROPOSAL', closeDate: '2026-09-01' }, 4);
      const kept = await weigh([seen({ stage: 'NEW' }, 50, 'opp_2'), before]);
      expect([...kept]).toEqual([['opp_1', ['closeDate', 'stage']]]);
    },
  );

  it.skipIf(missing)(
    'say what the first change of a field begins from, where the vendor has news',
    async () => {
      const both = [push(1, { stage: { from: 'A', to: 'B' } }), push(2, { stage: { from: 'B', to: 'C' } })];
      const { weigh, from } = await open(both);
      // Of ours it is no news.
      await weigh([seen({ stage: 'B' }, 20)]);
      expect(await from('stage')).toEqual(['A', 'B']);
      await weigh([seen({ stage: 'D' }, 21)]);
      expect(await from('stage')).toEqual(['D', 'B']);
    },
  );
});
