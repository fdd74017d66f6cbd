import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { decisionInWords } from '#chassis/vendor/pushes/decisions.ts';
import { engines } from '#test/harness/stores.ts';
import { type Read, type VendorHouse, vendorHouse } from '#test/harness/vendors/vendor-house.ts';
import type { CrmRules } from './rules.ts';

const early = '2020-01-01T00:00:00.000Z';
const late = '2099-01-01T00:00:00.000Z';

describe.each(engines)('a vendor that changes the same, on $engine', ({ engine, missing }) => {
  let house: VendorHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  const open = async (rules?: CrmRules): Promise<VendorHouse> => {
    house = await vendorHouse(engine, rules);
    for (const id of ['1', '2', '3']) {
      house.vendor.edit('users', id, { name: id, email: null, team: null, managerId: null }, early);
    }
    const lead = { status: 'NEW', source: 'Web', contactId: null, accountId: null, ownerId: '1' };
    house.vendor.edit('leads', '1', lead, early);
    const worth = { amountMinor: null, amountCurrency: null, product: null, openDate: null };
    const deal = { name: 'Deal', stage: 'PROPOSAL', ...worth, closeDate: '2026-09-01', accountId: null };
    house.vendor.edit('opportunities', '1', { ...deal, ownerId: '1' }, early);
    for (const type of ['users', 'leads', 'opportunities']) await house.sync(type);
    for (const id of ['lea_1', 'opp_1']) await house.deliver(id);
    return house;
  };
  const work = ({ change }: VendorHouse) =>
    change('updateLeadStatus', { leadId: 'lea_1', status: 'WORKING' }, 'lead { version }');
  const lead = ({ entity }: VendorHouse) => entity('Lead', 'lea_1', 'status source syncState syncReason');
  const ours = { status: 'WORKING', source: 'Web' };

  it.skipIf(missing).each([
    ['vendor', early.replace('00.000', '01.000'), 'vendor'],
    ['vendor', late, 'vendor'],
    ['platform', early.replace('00.000', '01.000'), 'platform'],
    ['platform', late, 'platform'],
    ['newest', early.replace('00.000', '01.000'), 'platform'],
    ['newest', late, 'vendor'],
  ] as const)('by the rule "%s", changed %s: %s wins', async (rule, changedAt, winner) => {
    const one = await open({ leads: { status: rule } });
    const { vendor, sync, deliver, events, decisions } = one;
    await work(one);
    vendor.edit('leads', '1', { status: 'DISQUALIFIED', source: 'Fair' }, changedAt);
    await sync('leads');
    const told = (await events('lea_1')).map(({ type }) => type.split('.')[2]);
    const [decision, ...more] = await decisions('lea_1');
    expect(more).toEqual([]);
    expect(decision).toMatchObject({
      field: 'status',
      vendorValue: '"DISQUALIFIED"',
      vendorAt: changedAt,
      ourValue: '"WORKING"',
      rule,
      winner,
      because: 'rule',
    });
    expect(decisionInWords(decision!)).toContain(`The rule is "${rule}"`);
    if (winner === 'platform') {
      // What the vendor changed beside it is taken.
      expect(await lead(one)).toEqual({ ...ours, source: 'Fair', syncState: 'PENDING', syncReason: null });
      await deliver('lea_1');
      expect(vendor.record('leads', '1')?.values).toMatchObject({ status: 'WORKING', source: 'Fair' });
      expect(await lead(one)).toMatchObject({ status: 'WORKING', syncState: 'ACCEPTED' });
      return;
    }
    expect(await lead(one)).toMatchObject({ status: 'DISQUALIFIED', source: 'Fair', syncState: 'REJECTED' });
    expect(told.slice(-2).toSorted()).toEqual(['LeadChangeRejected', 'LeadStatusChanged']);
    expect((await events('lea_1')).find(({ type }) => type.includes('Rejected'))?.data).toEqual({
      fields: ['status'],
      code: 'VENDOR_CHANGED_IT',
    });
    await deliver('lea_1');
    expect(vendor.keys).toEqual([]);
  });

  it.skipIf(missing)('is no conflict where it has the same, or has not come to ours yet', async () => {
    const one = await open();
    const { vendor, sync, decisions, read, deliver } = one;
    const before = read('leads');
    await work(one);
    vendor.edit('leads', '1', { source: 'Fair' }, late);
    await sync('leads');
    expect(await lead(one)).toMatchObject({ status: 'WORKING', source: 'Fair', syncState: 'PENDING' });
    await deliver('lea_1');
    // A read from before that comes only now.
    await sync('leads', before);
    expect(await lead(one)).toMatchObject({ status: 'WORKING' });
    expect(await decisions()).toEqual([]);
  });

  it.skipIf(missing)(
    'is decided once, however often it is seen, and a refusal goes back to what it has',
    async () => {
      const one = await open({ leads: { status: 'platform' } });
      const { vendor, sync, decisions, deliver } = one;
      await work(one);
      vendor.edit('leads', '1', { status: 'DISQUALIFIED' }, late);
      await sync('leads');
      await sync('leads');
      expect(await decisions()).toHaveLength(1);
      vendor.fates.push({ kind: 'rejected', code: 'NO', reason: 'no' });
      await deliver('lea_1');
      expect(await lead(one)).toMatchObject({
        status: 'DISQUALIFIED',
        syncState: 'REJECTED',
        syncReason: 'no',
      });
    },
  );

  it.skipIf(missing)('takes along what belongs to the field', async () => {
    const one = await open();
    const { vendor, sync, change, entity } = one;
    const won = { opportunityId: 'opp_1', stage: 'WON', closeDate: '2026-02-02' };
    await change('moveOpportunityStage', won, 'replayed');
    vendor.edit('opportunities', '1', { closeDate: '2026-10-01' });
    await sync('opportunities');
    // The day that it is expected to close is of no use to what was won.
    expect(await entity('Opportunity', 'opp_1', 'stage closeDate')).toEqual({
      stage: 'WON',
      closeDate: '2026-02-02',
    });
    vendor.edit('opportunities', '1', { stage: 'LOST', closeDate: '2026-03-03' }, late);
    await sync('opportunities');
    expect(await entity('Opportunity', 'opp_1', 'stage closeDate syncState')).toEqual({
      stage: 'LOST',
      closeDate: '2026-03-03',
      syncState: 'REJECTED',
    });
  });

  it.skipIf(missing).each(['before', 'after'] as const)(
    'is asked again where it changed the same %s it made ours, and ours was under way',
    async (when) => {
      const one = await open({ leads: { status: 'vendor' } });
      const { vendor, sync, decisions, deliver } = one;
      await work(one);
      const edit = async () => {
        vendor.edit('leads', '1', { status: 'DISQUALIFIED' });
        await sync('leads');
      };
      vendor.fates.push({
        kind: 'meanwhile',
        act: async (make) => {
          if (when === 'before') await edit();
          const answer = make();
          if (when === 'after') await edit();
          return answer;
        },
      });
      await deliver('lea_1');
      expect(await decisions()).toMatchObject([{ because: 'sent', winner: 'platform', rule: 'vendor' }]);
      const status = vendor.record('leads', '1')?.values.status;
      expect(status).toBe(when === 'before' ? 'WORKING' : 'DISQUALIFIED');
      expect(await lead(one)).toMatchObject({ status });
    },
  );

  const status = fc.constantFrom('NEW', 'WORKING', 'QUALIFIED', 'DISQUALIFIED', 'CONVERTED');
  const owner = fc.constantFrom('1', '2', '3');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('status' as const), status }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('owner' as const), owner }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('edit' as const), status, owner }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('deliver' as const),
        fate: fc.constantFrom('made', 'fails', 'lost', 'rejected', 'edited', 'undone'),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'read' as const }) },
    { weight: 3, arbitrary: fc.constant({ kind: 'sync' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'old read comes' as const }) },
  );
  const ruleOf = fc.constantFrom('vendor', 'platform', 'newest');

  it.skipIf(missing)(
    'has the same as we in the end, whatever happened, and every decision is written down',
    async () => {
      const rules = { leads: { status: 'newest', ownerId: 'newest' } } as { leads: Record<string, string> };
      const one = await open(rules as CrmRules);
      const { vendor, change, sync, deliver, read, entity, decisions, crm } = one;
      let nth = 1;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 14 }), ruleOf, ruleOf, async (steps, first, second) => {
          Object.assign(rules.leads, { status: first, ownerId: second });
          nth += 1;
          const [vendorId, id] = [String(nth), `lea_${nth}`];
          const about = { source: 'Web', contactId: null, accountId: null, ownerId: '1' };
          vendor.edit('leads', vendorId, { status: 'NEW', ...about });
          const only = (): Read => {
            const { seen, observedAt } = read('leads');
            return { observedAt, seen: seen.filter((r) => r.kind === 'record' && r.record.id === vendorId) };
          };
          await sync('leads', only());
          let held = only();
          const edit = (values: object) => vendor.edit('leads', vendorId, { ...values });
          for (const each of steps) {
            switch (each.kind) {
              case 'status':
                await change('updateLeadStatus', { leadId: id, status: each.status }, 'replayed');
                break;
              case 'owner':
                await change('assignLeadOwner', { leadId: id, ownerId: `usr_${each.owner}` }, 'replayed');
                break;
              case 'edit':
                edit({ status: each.status, ownerId: each.owner });
                break;
              case 'read':
                held = only();
                break;
              case 'old read comes':
                await sync('leads', held);
                break;
              case 'sync':
                await sync('leads', only());
                break;
              case 'deliver': {
                const { fate } = each;
                if (fate === 'fails' || fate === 'lost') vendor.fates.push({ kind: fate });
                if (fate === 'rejected') vendor.fates.push({ kind: 'rejected', code: 'NO', reason: 'no' });
                if (fate === 'edited') {
                  vendor.fates.push({
                    kind: 'meanwhile',
                    act: async (make) => {
                      edit({ status: 'DISQUALIFIED', ownerId: '3' });
                      await sync('leads', only());
                      return make();
                    },
                  });
                }
                if (fate === 'undone') {
                  vendor.fates.push({
                    kind: 'meanwhile',
                    act: (make) => {
                      const { status, ownerId } = vendor.record('leads', vendorId)?.values ?? {};
                      const answer = make();
                      edit({ status, ownerId });
                      return answer;
                    },
                  });
                }
                await deliver(id);
                vendor.fates.length = 0;
              }
            }
          }
          // The vendor is there again, all is delivered, and what it has is read.
          await deliver(id);
          await deliver(id);
          await sync('leads', only());

          const values = vendor.record('leads', vendorId)?.values;
          const row = await entity('Lead', id, 'status owner { id } syncState version');
          expect({ status: row.status, owner: row.owner }).toEqual({
            status: values?.status,
            owner: { id: `usr_${values?.ownerId}` },
          });
          expect(row.syncState).not.toBe('PENDING');
          const made = vendor.made.filter(({ change }) => change.kind === 'update' && change.id === vendorId);
          expect(new Set(made.map(({ key }) => key)).size).toBe(made.length);
          // Whatever of ours gave way has a decision of its rule behind it.
          const pushes = await crm.store.db.selectFrom('pushes').selectAll().where('id', '=', id).execute();
          const decided = await decisions(id);
          for (const push of pushes) {
            expect(push.state).not.toBe('PENDING');
            if (push.code !== 'VENDOR_CHANGED_IT') continue;
            const fields = Object.keys(JSON.parse(push.fields) as object);
            expect(decided.some(({ field, winner }) => winner === 'vendor' && fields.includes(field))).toBe(
              true,
            );
          }
          for (const decision of decided) {
            expect(decision.rule).toBe(decision.field === 'status' ? first : second);
            if (decision.because === 'rule' && decision.rule !== 'newest') {
              expect(decision.winner).toBe(decision.rule);
            }
          }
          const versions = (await one.events(id)).map(({ entityversion }) => entityversion);
          expect(versions).toEqual(versions.toSorted((a, b) => a - b));
          expect(new Set(versions)).toEqual(
            new Set(Array.from({ length: Number(row.version) }, (_, n) => n + 1)),
          );
        }),
        { numRuns: engine === 'sqlite' ? 150 : 20 },
      );
    },
    120_000,
  );
});
