import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AskOptions, Seen, VendorRecord } from '#chassis/vendor/system.ts';
import type { SuppressionReason } from '../__generated__/resolvers.ts';
import {
  type ActivityRecord,
  type Addressee,
  type EmailChange,
  type EmailRecords,
  type EmailSystem,
  type EmailType,
  emailTypes,
} from './email.ts';

/** Somebody as both sides know them. */
export interface Person {
  readonly contactId: string;
  /** In lower case. */
  readonly address: string;
}

/** What happens at a platform without us, and what it would do: a test's other way in, beside the port. */
export interface EmailPlatform {
  /** Takes people in, with our ids where the platform keeps them; answers the platform's ids in that order. */
  readonly addRecipients: (people: readonly Person[]) => Promise<readonly string[]>;
  /** Changes anything about one of them, later than all that was done before. */
  readonly changeRecipient: (id: string) => Promise<void>;
  readonly suppress: (person: Person, reason: SuppressionReason) => Promise<void>;
  /** Null where the port does not tell of activities other than by webhook. */
  readonly record:
    | ((person: Person, activity: Pick<ActivityRecord, 'kind' | 'at' | 'campaignId'>) => Promise<void>)
    | null;
  /** How often the platform let somebody into a campaign. */
  readonly enrollments: (campaignId: string, person: Person) => Promise<number>;
  /** Whether it would send somebody marketing. */
  readonly mayMail: (person: Person) => Promise<boolean>;
}

/** A system on a platform of a test's own, which nobody else touches. */
export interface OpenedEmailSystem {
  readonly system: EmailSystem;
  /** A second one on the same platform, as another process has it. */
  readonly another: () => Promise<EmailSystem>;
  readonly platform: EmailPlatform;
  /** Ids at the platform: of a campaign that takes contacts in, and of one that does not. */
  readonly campaigns: { readonly enrolling: string; readonly other: string };
  /** Why the platform itself suppresses people. */
  readonly reasons: readonly SuppressionReason[];
  /** More recipients than two pages of changes hold. */
  readonly manyRecipients: number;
  /** Closes all that was opened. */
  readonly close: () => Promise<void>;
}

/** The most pages that a test reads: a cursor that leads nowhere else would be followed for ever. */
const mostPages = 200;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const person = (name: string): Person => ({ contactId: `contact-${name}`, address: `${name}@example.com` });

/** What every `EmailSystem` does, each as far as its capabilities say. */
export function describeEmailSystem(name: string, open: () => Promise<OpenedEmailSystem>): void {
  describe(`the email system of ${name}`, () => {
    let opened: OpenedEmailSystem;
    let keys = 0;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    const can = (type: EmailType) => opened.system.capabilities.types[type];
    const push = (change: EmailChange, key = `suite-${++keys}`, system = opened.system) =>
      system.push(change, { idempotencyKey: key, signal: asking().signal });
    const addressee = (who: Person, recipientId: string | null = null): Addressee => ({
      ...who,
      recipientId,
    });

    it('says what it can', () => {
      const { vendor, capabilities } = opened.system;
      expect(vendor).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(Object.keys(capabilities.types).toSorted()).toEqual(emailTypes.toSorted());
      for (const type of emailTypes) {
        const { keys, batch } = capabilities.types[type];
        // What can only be followed is read by nothing, and where a vendor gives suppressions no ids, they have none.
        if (keys.length > 0 && type !== 'suppressions') expect(keys).toContain('id');
        expect(batch).toBeGreaterThanOrEqual(1);
      }
      expect(opened.system.webhook === null).toBe(capabilities.webhook === 'none');
    });

    it('finds its configuration right', async () => {
      await opened.system.check(asking().signal);
    });

    it('reads recipients by every key, as many as a batch holds, and leaves out whom it does not have', async ({
      skip,
    }) => {
      const { keys, batch } = can('recipients');
      if (keys.length === 0) skip('recipients can only be followed');
      const people = Array.from({ length: Math.min(batch, 30) - 1 }, (_, index) => person(`p${index}`));
      const ids = await opened.platform.addRecipients(people);
      const values: Readonly<Record<string, readonly string[]>> = {
        id: ids,
        externalId: people.map(({ contactId }) => contactId),
        address: people.map(({ address }) => address),
      };
      for (const by of keys) {
        const wanted = values[by];
        expect(wanted, `a key that the port does not know: ${by}`).toBeDefined();
        const asked = { by, values: [...(wanted ?? []), by === 'address' ? 'nobody@example.com' : 'nobody'] };
        const seen = recordsOf(await opened.system.read('recipients', asked, asking()));
        expect(seen.map(({ id }) => id).toSorted(), by).toEqual(ids.toSorted());
        for (const record of seen) {
          const own = people[ids.indexOf(record.id)];
          expect([null, own?.contactId]).toContain(record.externalId);
          if (keys.includes('externalId')) expect(record.externalId).toBe(own?.contactId);
          if (keys.includes('address')) expect(record.values.address).toBe(own?.address);
          expectTimes(record);
        }
      }
    });

    it('reads campaigns with their counts', async () => {
      const { enrolling, other } = opened.campaigns;
      const asked = { by: 'id', values: [enrolling, other] };
      const seen = recordsOf(await opened.system.read('campaigns', asked, asking()));
      expect(seen.map(({ id }) => id).toSorted()).toEqual([enrolling, other].toSorted());
      for (const record of seen) {
        expectTimes(record);
        const { name, status, recipients, sent, delivered, opened, clicked, bounced, unsubscribed } =
          record.values;
        expect(name).not.toBe('');
        expect(['DRAFT', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'COMPLETED']).toContain(status);
        for (const count of [recipients, sent, delivered, opened, clicked, bounced, unsubscribed]) {
          expect(Number.isSafeInteger(count) && count >= 0, String(count)).toBe(true);
        }
      }
    });

    it('tells of all that there is, then of what changed, to whichever process goes on', async ({ skip }) => {
      if (!can('recipients').changes) skip('the platform has no feed of recipients');
      const [first = ''] = await opened.platform.addRecipients([person('a'), person('b')]);
      const all = await walk(opened.system, 'recipients', null);
      expect(recordsOf(all.seen).map(({ externalId }) => externalId)).toEqual(
        expect.arrayContaining(['contact-a', 'contact-b']),
      );
      const another = await opened.another();
      await opened.platform.changeRecipient(first);
      const changed = await walk(another, 'recipients', all.next);
      const before = recordsOf(all.seen).findLast(({ id }) => id === first);
      const after = recordsOf(changed.seen).findLast(({ id }) => id === first);
      expect(Date.parse(after?.changedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before?.changedAt ?? ''));
    });

    it('leaves nobody out who changes while pages are read', async ({ skip }) => {
      if (!can('recipients').changes) skip('the platform has no feed of recipients');
      const people = Array.from({ length: opened.manyRecipients }, (_, index) => person(`m${index}`));
      const ids = await opened.platform.addRecipients(people);
      const first = await opened.system.changes('recipients', null, asking());
      expect(first.more).toBe(true);
      const known = new Set(first.seen.map(idOf));
      const [early, late] = [ids.find((id) => known.has(id)), ids.findLast((id) => !known.has(id))];
      if (early === undefined || late === undefined) throw new Error('One page held everybody.');
      await opened.platform.changeRecipient(early);
      await opened.platform.changeRecipient(late);
      const rest = await walk(opened.system, 'recipients', first.next);
      const again = await walk(opened.system, 'recipients', rest.next);
      const after = new Set([...rest.seen, ...again.seen].map(idOf));
      expect(ids.filter((id) => !known.has(id) && !after.has(id))).toEqual([]);
      expect(after).toContain(early);
    });

    it('answers nothing by a key that it does not have: what it leaves out is taken for gone', async () => {
      for (const type of emailTypes) {
        const { keys } = can(type);
        for (const by of ['id', 'constructor']) {
          if (keys.includes(by)) continue;
          await expect(opened.system.read(type, { by, values: ['a'] }, asking()), by).rejects.toThrow();
        }
      }
    });

    it('takes no more values than a batch holds', async () => {
      for (const type of emailTypes) {
        const { keys, batch } = can(type);
        const values = Array.from({ length: batch + 1 }, (_, index) => `m${index}@example.com`);
        for (const by of keys) {
          await expect(opened.system.read(type, { by, values }, asking()), by).rejects.toThrow(RangeError);
        }
      }
    });

    it('comes to an end where nothing changes', async () => {
      await opened.platform.addRecipients([person('a')]);
      for (const type of emailTypes) {
        const all = await walk(opened.system, type, null);
        expect(all.pages, type).toBeLessThan(mostPages);
        if (can(type).changes) continue;
        expect(all, type).toMatchObject({ seen: [], pages: 1 });
      }
    });

    it('tells why the platform writes to somebody no more', async ({ skip }) => {
      const { changes, keys } = can('suppressions');
      if (!changes && keys.length === 0) skip('suppressions are told by webhook alone');
      for (const [index, reason] of opened.reasons.entries()) {
        const who = person(`s${index}`);
        const [recipientId = ''] = await opened.platform.addRecipients([who]);
        await opened.platform.suppress(who, reason);
        const asked = { id: recipientId, ...who };
        const about = ({ values }: VendorRecord<EmailRecords['suppressions']>) =>
          values.recipientId === asked.id || values.address === asked.address;
        const seen: VendorRecord<EmailRecords['suppressions']>[] = [];
        if (changes) seen.push(...recordsOf((await walk(opened.system, 'suppressions', null)).seen));
        if (keys.includes('address')) {
          const key = { by: 'address', values: [who.address, 'nobody@example.com'] };
          seen.push(...recordsOf(await opened.system.read('suppressions', key, asking())));
        }
        const found = seen.filter(about);
        expect(new Set(found.map(({ values }) => values.reason)), reason).toEqual(new Set([reason]));
        expect(new Set(found.map(({ id }) => id)).size).toBe(1);
        for (const record of found) {
          expectTimes(record);
          expect(record.values.suppressedAt).toMatch(time);
        }
        if (!keys.includes('id')) continue;
        const byId = { by: 'id', values: [found[0]?.id ?? '', 'nobody'] };
        expect((await opened.system.read('suppressions', byId, asking())).map(idOf)).toEqual([found[0]?.id]);
      }
    });

    it('tells what became of messages', async ({ skip }) => {
      const { record } = opened.platform;
      if (record === null || !can('activities').changes) skip('activities are told by webhook alone');
      const who = person('reader');
      const [recipientId = ''] = await opened.platform.addRecipients([who]);
      const campaignId = opened.campaigns.enrolling;
      const at = (minute: number) => `2026-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`;
      await record?.(who, { kind: 'DELIVERED', at: at(1), campaignId });
      await record?.(who, { kind: 'OPENED', at: at(2), campaignId });
      const all = await walk(opened.system, 'activities', null);
      await record?.(who, { kind: 'OPENED', at: at(3), campaignId });
      const more = await walk(await opened.another(), 'activities', all.next);
      const told = new Map(recordsOf([...all.seen, ...more.seen]).map((each) => [each.id, each]));
      const own = [...told.values()].filter(
        ({ values }) => values.recipientId === recipientId || values.address === who.address,
      );
      expect(own.map(({ values: { kind, at } }) => `${kind} ${at}`).toSorted()).toEqual([
        `DELIVERED ${at(1)}`,
        `OPENED ${at(2)}`,
        `OPENED ${at(3)}`,
      ]);
      expect(new Set(own.map(({ values }) => values.messageId)).size).toBe(1);
      expect(new Set(own.map(({ values }) => values.campaignId))).toEqual(new Set([campaignId]));
      own.forEach(expectTimes);
    });

    it('enrolls once under one key, whoever asks again', async () => {
      const [known, stranger] = [person('known'), person('stranger')];
      const [recipientId = null] = await opened.platform.addRecipients([known]);
      const campaignId = opened.campaigns.enrolling;
      for (const who of [addressee(known, recipientId), addressee(known), addressee(stranger)]) {
        const before = await opened.platform.enrollments(campaignId, who as Person);
        const change = {
          kind: 'enroll',
          addressee: who,
          campaignId,
          at: '2026-03-01T09:00:00.000Z',
        } as const;
        const key = `suite-${++keys}`;
        expect(await push(change, key)).toMatchObject({ kind: 'accepted' });
        const once = await opened.platform.enrollments(campaignId, who as Person);
        expect(once).toBeGreaterThanOrEqual(1);
        expect(once - before).toBeLessThanOrEqual(1);
        expect(await push(change, key, await opened.another())).toMatchObject({ kind: 'accepted' });
        expect(await opened.platform.enrollments(campaignId, who as Person)).toBe(once);
      }
    });

    it('refuses to enroll where nobody can be taken in, and says why', async () => {
      const who = person('a');
      for (const campaignId of [opened.campaigns.other, 'no-such-campaign']) {
        const change = { kind: 'enroll', campaignId, at: '2026-03-01T09:00:00.000Z' } as const;
        const pushed = await push({ ...change, addressee: addressee(who) });
        expect(pushed).toMatchObject({ kind: 'rejected', code: expect.stringMatching(/^[\w.:/-]+$/) });
        if (pushed.kind === 'rejected') expect(pushed.reason.length).toBeGreaterThan(10);
        expect(await opened.platform.enrollments(campaignId, who)).toBe(0);
      }
    });

    it('suppresses whom the platform knows and whom it does not', async () => {
      for (const [index, reason] of (['UNSUBSCRIBE', 'CONSENT', 'MANUAL'] as const).entries()) {
        const [known, stranger] = [person(`known${index}`), person(`stranger${index}`)];
        const [recipientId = null] = await opened.platform.addRecipients([known]);
        for (const [who, id] of [
          [known, recipientId],
          [stranger, null],
        ] as const) {
          const change = { kind: 'suppress', addressee: addressee(who, id), reason } as const;
          const key = `suite-${++keys}`;
          expect(await push(change, key), reason).toMatchObject({ kind: 'accepted' });
          expect(await push(change, key, await opened.another()), reason).toMatchObject({ kind: 'accepted' });
          expect(await opened.platform.mayMail(who), reason).toBe(false);
        }
      }
    });

    it('lifts what consent had imposed', async () => {
      const who = person('again');
      const [recipientId = null] = await opened.platform.addRecipients([who]);
      await push({ kind: 'suppress', addressee: addressee(who, recipientId), reason: 'CONSENT' });
      const lift = { kind: 'lift', addressee: addressee(who, recipientId) } as const;
      const key = `suite-${++keys}`;
      expect(await push(lift, key)).toMatchObject({ kind: 'accepted' });
      expect(await opened.platform.mayMail(who)).toBe(true);
      expect(await push(lift, key, await opened.another())).toMatchObject({ kind: 'accepted' });
      expect(await opened.platform.mayMail(who)).toBe(true);
    });

    it('never lifts what was not of consent', async () => {
      for (const [index, reason] of opened.reasons.entries()) {
        const who = person(`other${index}`);
        const [recipientId = null] = await opened.platform.addRecipients([who]);
        await opened.platform.suppress(who, reason);
        await push({ kind: 'suppress', addressee: addressee(who, recipientId), reason: 'CONSENT' });
        await push({ kind: 'lift', addressee: addressee(who, recipientId) });
        expect(await opened.platform.mayMail(who), reason).toBe(false);
      }
    });

    it('stops when it is told to', async () => {
      const reason = new Error('enough');
      const options = { urgency: 'read', signal: AbortSignal.abort(reason) } as const;
      const asked = { by: 'id', values: [opened.campaigns.enrolling] };
      await expect(opened.system.read('campaigns', asked, options)).rejects.toBe(reason);
      await expect(opened.system.changes('campaigns', null, options)).rejects.toBe(reason);
      const lift: EmailChange = { kind: 'lift', addressee: addressee(person('a')) };
      const pushing = { idempotencyKey: 'stopped', signal: options.signal };
      await expect(opened.system.push(lift, pushing)).rejects.toBe(reason);
    });
  });
}

const asking = (): AskOptions => ({ urgency: 'read', signal: AbortSignal.timeout(20_000) });

/** Follows changes to their end for now. */
export async function walk<Type extends EmailType>(
  system: EmailSystem,
  type: Type,
  since: string | null,
): Promise<{ seen: Seen<EmailRecords[Type]>[]; next: string; pages: number }> {
  const seen: Seen<EmailRecords[Type]>[] = [];
  let cursor = since;
  for (let pages = 1; ; pages += 1) {
    const page = await system.changes(type, cursor, asking());
    seen.push(...page.seen);
    cursor = page.next;
    if (!page.more || pages === mostPages) return { seen, next: page.next, pages };
  }
}

/** The records among what was seen; what could not be said in the domain's words fails the test. */
export function recordsOf<Values>(seen: readonly Seen<Values>[]): VendorRecord<Values>[] {
  return seen.flatMap((each) => {
    if (each.kind === 'unmapped') throw new Error(`Unmapped: ${JSON.stringify(each.problems)}`);
    return each.kind === 'record' ? [each.record] : [];
  });
}

function idOf<Values>(seen: Seen<Values>): string {
  return seen.kind === 'record' ? seen.record.id : seen.id;
}

function expectTimes({ createdAt, changedAt }: VendorRecord<unknown>): void {
  expect(changedAt).toMatch(time);
  if (createdAt !== null) expect(createdAt).toMatch(time);
}
