import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '#test/harness/vendors/faults.ts';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  automation,
  consentGroup,
  list,
  mapping,
  type SendgridAccount,
  type SendgridAccountOptions,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';
import type { Addressee, EmailChange } from '../email.ts';

const { missing } = sendGridSource();
const open: SendgridAccount[] = [];
afterEach(async () => {
  for (const account of open.splice(0)) await account.close();
});
async function account(options: SendgridAccountOptions = {}): Promise<SendgridAccount> {
  const started = await startSendgridAccount(options);
  open.push(started);
  return started;
}

const ada: Addressee = { contactId: 'contact-ada', recipientId: null, address: 'ada@example.com' };
const at = '2026-03-01T09:00:00.000Z';
const enrolled = (addressee: Addressee): EmailChange => ({
  kind: 'enroll',
  addressee,
  campaignId: automation,
  at,
});
const push = ({ system }: SendgridAccount, change: EmailChange, signal = AbortSignal.timeout(20_000)) =>
  system.push(change, { idempotencyKey: 'one', signal });
/** 200 with a body that SendGrid's double would not give. */
const answers = (body: unknown): Fault => ({
  ...{ kind: 'answer', status: 200, headers: { 'content-type': 'application/json' } },
  body: JSON.stringify(body),
});
const upserts = ({ double }: SendgridAccount) =>
  double.requests.filter(({ method, path }) => method === 'PUT' && path === '/v3/marketing/contacts');

describe.skipIf(missing)('enrolling at SendGrid', () => {
  it('puts a stranger on the list, under our id, once', async () => {
    const opened = await account();
    const { state } = opened.double;
    const id = () => state.findContact('ada@example.com')?.id;
    expect(await push(opened, enrolled(ada))).toEqual({
      kind: 'accepted',
      record: { type: 'recipients', id: id() },
    });
    expect(state.findContact('ada@example.com')).toMatchObject({
      external_id: 'contact-ada',
      list_ids: [list],
    });
    expect(await push(opened, enrolled({ ...ada, recipientId: id() ?? null }))).toMatchObject({
      kind: 'accepted',
    });
    expect(upserts(opened)).toHaveLength(1);
    expect(state.joined).toEqual([{ contactId: id(), listId: list }]);
  });

  it('sends all identifiers of whom SendGrid knows, which it takes no change without', async () => {
    const known = { email: 'ada@example.com', phone_number_id: '+14155552671', anonymous_id: 'visitor-1' };
    const opened = await account({ double: { seed: { contacts: [known] } } });
    expect(await push(opened, enrolled({ ...ada, address: 'Ada@Example.com' }))).toMatchObject({
      kind: 'accepted',
    });
    expect(opened.double.state.findContact('ada@example.com')).toMatchObject({
      ...known,
      external_id: 'contact-ada',
      list_ids: [list],
    });
  });

  it('leaves the id that somebody else wrote, and ours where another contact has it', async () => {
    const contacts = [
      { email: 'ada@example.com', external_id: 'of-another-system' },
      { email: 'old@example.com', external_id: 'contact-eve' },
    ];
    const opened = await account({ double: { seed: { contacts } } });
    const { state } = opened.double;
    expect(await push(opened, enrolled(ada))).toMatchObject({ kind: 'accepted' });
    expect(state.findContact('ada@example.com')?.external_id).toBe('of-another-system');
    const eve = { contactId: 'contact-eve', recipientId: null, address: 'new@example.com' };
    expect(await push(opened, enrolled(eve))).toMatchObject({ kind: 'accepted' });
    expect(state.findContact('new@example.com')).toMatchObject({ list_ids: [list] });
    expect(state.findContact('new@example.com')?.external_id).toBeUndefined();
    expect(state.findContact('old@example.com')?.list_ids).toEqual([]);
  });

  it('finds whose address nobody knows by the ids, and says where there is none', async () => {
    const contacts = [{ email: 'ada@example.com', external_id: 'contact-ada' }];
    const opened = await account({ double: { seed: { contacts } } });
    const id = opened.double.state.findContact('ada@example.com')?.id ?? null;
    const unknown = { contactId: 'contact-eve', recipientId: null, address: null };
    expect(await push(opened, enrolled({ ...unknown, recipientId: id }))).toMatchObject({ kind: 'accepted' });
    expect(await push(opened, enrolled({ ...ada, address: null }))).toMatchObject({ kind: 'accepted' });
    expect(opened.double.state.joined).toHaveLength(1);
    for (const kind of ['suppress', 'lift'] as const) {
      const change = { kind, addressee: unknown, reason: 'CONSENT' } as EmailChange;
      expect(await push(opened, change)).toMatchObject({ kind: 'rejected', code: 'NO_ADDRESS' });
    }
    expect(await push(opened, enrolled(unknown))).toMatchObject({ kind: 'rejected', code: 'NO_ADDRESS' });
  });

  it('waits for the import, and counts as not done where that takes too long', async () => {
    const opened = await account({ double: { jobsRun: 'when told' } });
    const { state } = opened.double;
    const pushing = push(opened, enrolled(ada));
    await expect.poll(() => state.jobs.length).toBe(1);
    state.runJobs();
    expect(await pushing).toMatchObject({ kind: 'accepted' });

    const eve = { contactId: 'contact-eve', recipientId: null, address: 'eve@example.com' };
    const slow = await account({ double: { jobsRun: 'when told' }, settings: { importSeconds: 1 } });
    await expect(push(slow, enrolled(eve))).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    slow.double.state.runJobs();
    expect(await push(slow, enrolled(eve))).toMatchObject({ kind: 'accepted' });
    expect(slow.double.state.joined).toHaveLength(1);
  });

  it('stops waiting when it is told to', async () => {
    const opened = await account({ double: { jobsRun: 'when told' }, options: { importPauseMs: 50_000 } });
    const stop = new AbortController();
    const pushing = push(opened, enrolled(ada), stop.signal);
    await expect.poll(() => opened.double.requests.some(({ path }) => path.includes('/imports/'))).toBe(true);
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(pushing).rejects.toBe(reason);
  });

  it('is rejected where the import fails, for a reason that names nobody', async () => {
    const opened = await account({ double: { jobsRun: 'when told' } });
    const { state } = opened.double;
    const pushing = push(opened, enrolled(ada));
    await expect.poll(() => state.jobs.length).toBe(1);
    // Meanwhile somebody gave the address an identifier that the upsert does not have.
    state.addJob([{ email: 'ada@example.com', anonymous_id: 'visitor-1' }], []).run();
    state.runJobs();
    const rejected = await pushing;
    expect(rejected).toMatchObject({ kind: 'rejected', code: 'IMPORT_FAILED' });
    expect(JSON.stringify(rejected)).not.toContain('ada@');
  });

  it.each(['errored', 'something new'])('is rejected where the import ends as "%s"', async (status) => {
    const opened = await account();
    opened.proxy.fault({ path: /\/imports\// }, answers({ status }));
    expect(await push(opened, enrolled(ada))).toMatchObject({
      kind: 'rejected',
      code: `IMPORT_${status.toUpperCase()}`,
    });
  });

  it('is made once where an answer was lost', async () => {
    const opened = await account();
    opened.proxy.fault({ method: 'PUT', nth: 1 }, { kind: 'reset', when: 'unanswered' });
    expect(await push(opened, enrolled(ada))).toMatchObject({ kind: 'accepted' });
    expect(upserts(opened)).toHaveLength(2);
    expect(opened.double.state.joined).toHaveLength(1);
    expect(opened.double.state.contacts.size).toBe(1);
  });

  it('goes to the list itself where no automation is named', async () => {
    const opened = await account({ mapping: { ...mapping, enrolling: [{ list }] } });
    expect(await push(opened, { ...enrolled(ada), campaignId: list } as EmailChange)).toMatchObject({
      kind: 'accepted',
    });
    expect(opened.double.state.joined).toHaveLength(1);
    expect(await push(opened, enrolled(ada))).toMatchObject({ kind: 'rejected', code: 'NOT_ENROLLING' });
  });
});

describe.skipIf(missing)('suppressing at SendGrid', () => {
  const suppress = (reason: 'CONSENT' | 'UNSUBSCRIBE' | 'MANUAL'): EmailChange => ({
    kind: 'suppress',
    addressee: ada,
    reason,
  });
  const lift: EmailChange = { kind: 'lift', addressee: ada };
  const isSuppressed = ({ double }: SendgridAccount) =>
    double.state.suppressions.unsubscribes.some(({ email }) => email === 'ada@example.com');
  const members = ({ double }: SendgridAccount) => [
    ...(double.state.groups.get(consentGroup)?.members ?? []),
  ];

  it('keeps in the group whom want of consent suppressed, until it is lifted', async () => {
    const opened = await account();
    const pushed = await push(opened, suppress('CONSENT'));
    expect(pushed).toMatchObject({ kind: 'accepted', record: { type: 'suppressions' } });
    expect(JSON.stringify(pushed)).not.toContain('ada');
    expect([isSuppressed(opened), members(opened)]).toEqual([true, ['ada@example.com']]);
    expect(await push(opened, lift)).toEqual({ kind: 'accepted', record: null });
    expect([isSuppressed(opened), members(opened)]).toEqual([false, []]);
  });

  it.each(['UNSUBSCRIBE', 'MANUAL'] as const)(
    'for %s outlives a yes, before or after consent',
    async (reason) => {
      for (const reasons of [[reason, 'CONSENT'] as const, ['CONSENT', reason] as const]) {
        const opened = await account();
        for (const each of reasons) await push(opened, suppress(each));
        await push(opened, lift);
        expect(isSuppressed(opened), reasons.join()).toBe(true);
      }
    },
  );

  it.each([1, 2, 3])('comes to the same where call %i of it is lost and it is pushed again', async (nth) => {
    for (const when of ['unsent', 'unanswered'] as const) {
      const opened = await account({ options: { repetitions: 0 } });
      opened.proxy.fault({ path: /^\/v3\/asm/, nth }, { kind: 'reset', when });
      await expect(push(opened, suppress('CONSENT'))).rejects.toMatchObject({
        failure: { kind: 'unavailable' },
      });
      await push(opened, suppress('CONSENT'));
      expect([isSuppressed(opened), members(opened)]).toEqual([true, ['ada@example.com']]);

      const heal = opened.proxy.fault({ path: /^\/v3\/asm/, nth }, { kind: 'reset', when });
      await expect(push(opened, lift)).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
      heal();
      await push(opened, lift);
      expect([isSuppressed(opened), members(opened)], `${when} ${nth}`).toEqual([false, []]);
    }
  });

  it('by whatever case SendGrid shows an address in', async () => {
    const opened = await account();
    const shown = answers({ recipient_email: 'Ada@Example.com' });
    const own = opened.proxy.fault({ method: 'GET', path: /global/ }, shown);
    await push(opened, suppress('CONSENT'));
    expect(members(opened)).toEqual([]);
    own();
    opened.proxy.fault({ path: /search/ }, answers(['Ada@Example.com']));
    await push(opened, lift);
    expect(isSuppressed(opened)).toBe(false);
  });

  it('by whatever case an address is written in', async () => {
    const opened = await account();
    await push(opened, {
      ...suppress('CONSENT'),
      addressee: { ...ada, address: 'Ada@Example.COM' },
    } as EmailChange);
    expect([isSuppressed(opened), members(opened)]).toEqual([true, ['ada@example.com']]);
  });
});
