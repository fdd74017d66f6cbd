import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import type { ActivityRecord } from '#subgraphs/email/adapters/email.ts';
import { selectByIds } from '#subgraphs/email/store/rows.ts';
import { engines } from '#test/harness/stores.ts';
import { type EmailHouse, emailHouse } from '#test/harness/vendors/email-replica.ts';

const kinds = ['SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED'] as const;

/** What can happen in one run: an id says all of an activity, as at a vendor. */
const happened = fc.uniqueArray(
  fc.record({ id: fc.nat(40), kind: fc.constantFrom(...kinds), message: fc.nat(3), minute: fc.nat(59) }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 25 },
);
type Happened = typeof happened extends fc.Arbitrary<infer List> ? List : never;

/** In which order it is told, some of it twice, in batches that are written at once or one after another. */
const story = happened.chain((all) =>
  fc.record({
    all: fc.constant(all),
    told: fc
      .tuple(fc.constant(all), fc.subarray(all))
      .chain(([once, twice]) =>
        fc.shuffledSubarray([...once, ...twice], { minLength: once.length + twice.length }),
      ),
    batch: fc.integer({ min: 1, max: 6 }),
    atOnce: fc.integer({ min: 1, max: 3 }),
    linkedAfter: fc.nat(6),
  }),
);

function expected(all: Happened) {
  const messages = (wanted: ActivityRecord['kind']) =>
    new Set(all.filter(({ kind }) => kind === wanted).map(({ message }) => message)).size;
  const latest = (wanted: ActivityRecord['kind']) =>
    all
      .filter(({ kind }) => kind === wanted)
      .map(({ minute }) => timeOf(minute))
      .toSorted()
      .at(-1) ?? null;
  return {
    sent: new Set(all.map(({ message }) => message)).size,
    delivered: messages('DELIVERED'),
    opened: messages('OPENED'),
    clicked: messages('CLICKED'),
    bounced: messages('BOUNCED'),
    lastOpenedAt: latest('OPENED'),
    lastClickedAt: latest('CLICKED'),
  };
}

const timeOf = (minute: number) => `2026-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`;

describe.each(engines)('counts of a recipient on $engine', ({ engine, missing }) => {
  let house: EmailHouse;
  let runs = 0;
  beforeAll(async () => {
    if (!missing) house = await emailHouse(engine);
  });
  afterAll(() => house?.close());

  it.skipIf(missing)(
    'are those of what happened, in whatever order, how often and how many at once it is told',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(story, async ({ all, told, batch, atOnce, linkedAfter }) => {
          const run = `${engine}${++runs}`;
          const [contactId, recipientId] = [`con_${run}`, `p_${run}`];
          const whom = (isKnown: boolean) => ({
            contactId: isKnown ? contactId : null,
            accountId: undefined,
            recipientId,
          });
          const write = async (type: string, records: readonly object[]) => {
            const seen = records.map((record) => ({ kind: 'record', record }));
            const system = house.email.replica?.systems.get('default');
            if (system === undefined) throw new Error('There is a vendor.');
            const cause = vendorCause('scripted', 'default');
            const about = { system, tenant: 'default', type, observedAt: readTime(), cause };
            const signal = AbortSignal.timeout(20_000);
            await house.email.replica?.writer({ ...about, seen: seen as never, urgency: 'sync', signal });
          };
          const link = () =>
            write('recipients', [
              {
                ...{ id: recipientId, externalId: contactId, values: whom(true) },
                ...{ createdAt: null, changedAt: '2026-01-01T00:00:00.000Z' },
              },
            ]);
          const batches = Array.from({ length: Math.ceil(told.length / batch) }, (_, nth) =>
            told.slice(nth * batch, (nth + 1) * batch),
          );
          for (let start = 0; start < batches.length; start += atOnce) {
            const isKnown = linkedAfter < start + atOnce;
            if (isKnown && start <= linkedAfter) await link();
            await Promise.all(
              batches.slice(start, start + atOnce).map((each) =>
                write(
                  'activities',
                  each.map(({ id, kind, message, minute }) => {
                    const at = timeOf(minute);
                    const said = { kind, at, messageId: `m${message}`, campaignId: null };
                    const values = { ...said, ...whom(isKnown) };
                    return { id: `${run}_${id}`, externalId: null, values, createdAt: null, changedAt: at };
                  }),
                ),
              ),
            );
          }
          // Else nothing is counted once more behind what was written at once.
          if (linkedAfter >= Math.ceil(batches.length / atOnce) * atOnce) await link();
          const [row] = await selectByIds(house.email.store.db, 'recipients', 'default', [contactId]);
          expect(row).toMatchObject(expected(all));
        }),
        { numRuns: 60 },
      );
    },
  );
});
