import { afterEach, describe, expect, it } from 'vitest';
import {
  expiredToken,
  type Fault,
  html,
  rateLimited,
  serverError,
  wrongJson,
} from '#test/harness/vendors/faults.ts';
import { startReceiver } from '#test/harness/vendors/receiver.ts';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  apiKey,
  automation,
  type SendgridAccount,
  type SendgridAccountOptions,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';
import { limitOf } from './client.ts';

const { missing } = sendGridSource();
const open: SendgridAccount[] = [];
afterEach(async () => {
  for (const account of open.splice(0)) await account.close();
});
async function account(options: SendgridAccountOptions = {}): Promise<SendgridAccount> {
  const started = await startSendgridAccount({
    ...options,
    double: {
      seed: { contacts: [{ email: 'ada@example.com', external_id: 'contact-ada' }] },
      ...options.double,
    },
    options: { attemptMs: 2_000, ...options.options },
  });
  open.push(started);
  return started;
}

const asking = () => ({ urgency: 'read', signal: AbortSignal.timeout(20_000) }) as const;
const addressee = { contactId: 'contact-ada', recipientId: null, address: 'ada@example.com' };
const pushing = () => ({ idempotencyKey: 'one', signal: AbortSignal.timeout(20_000) });

/** One of everything that the system does. */
const doings: Readonly<Record<string, (account: SendgridAccount) => Promise<unknown>>> = {
  'reading by address': ({ system }) =>
    system.read('recipients', { by: 'address', values: ['ada@example.com'] }, asking()),
  'reading by external id': ({ system }) =>
    system.read('recipients', { by: 'externalId', values: ['contact-ada'] }, asking()),
  'reading campaigns': ({ system }) => system.read('campaigns', { by: 'id', values: [automation] }, asking()),
  'reading suppressions': ({ system }) =>
    system.read('suppressions', { by: 'address', values: ['ada@example.com'] }, asking()),
  'following campaigns': ({ system }) => system.changes('campaigns', null, asking()),
  'following suppressions': ({ system }) => system.changes('suppressions', null, asking()),
  enrolling: ({ system }) =>
    system.push(
      { kind: 'enroll', addressee, campaignId: automation, at: '2026-03-01T09:00:00.000Z' },
      pushing(),
    ),
  suppressing: ({ system }) => system.push({ kind: 'suppress', addressee, reason: 'CONSENT' }, pushing()),
  lifting: ({ system }) => system.push({ kind: 'lift', addressee }, pushing()),
};

const passing: Readonly<Record<string, Fault>> = {
  'a 429 that says how long': rateLimited(1),
  'a 500': serverError(500),
  'a 503': serverError(503),
  'a connection that is lost before': { kind: 'reset', when: 'unsent' },
  'a connection that is lost after': { kind: 'reset', when: 'unanswered' },
  'a connection that is lost amid the answer': { kind: 'reset', when: 'mid-body' },
  'a page of a load balancer': html(200),
  'half an answer': { kind: 'truncated', bytes: 5, honest: true },
  'an answer that ends too early': { kind: 'truncated', bytes: 5, honest: false },
  'slow bytes': { kind: 'slow', bytes: 50, everyMs: 1 },
};
describe.skipIf(missing).each(Object.entries(doings))('%s at SendGrid', (_, doing) => {
  it.each(Object.entries(passing))('gets over %s', async (_, fault) => {
    const sound = await account();
    const expected = await doing(sound);
    const opened = await account();
    opened.proxy.fault({ nth: 1 }, fault);
    const answer = await doing(opened);
    const seen = (value: unknown) =>
      JSON.stringify(value).replaceAll(/"[^"]*(id|At)":"[^"]*"|"recordId":"[^"]*"/gi, '');
    expect(seen(answer)).toBe(seen(expected));
    expect(opened.log.text()).not.toContain('ada@example.com');
    expect(opened.log.text()).not.toContain(apiKey);
  });

  it('says that SendGrid cannot be reached, and quotes nobody', async () => {
    const opened = await account({ options: { attemptMs: 50, repetitions: 1 } });
    opened.proxy.fault({}, { kind: 'timeout' });
    const failed = await doing(opened).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'VendorError', failure: { kind: 'unavailable' } });
    expect(String(failed)).not.toContain('ada');
  });

  it('says that the key is not taken', async () => {
    const opened = await account();
    opened.double.takeKeys(['SG.another']);
    const failed = await doing(opened).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'VendorError', failure: { kind: 'unauthorized' } });
    expect(`${failed}${opened.log.text()}`).not.toContain(apiKey);
  });

  it('takes JSON of another shape for no answer', async () => {
    const opened = await account({ options: { repetitions: 0 } });
    opened.proxy.fault({}, wrongJson({ result: 5, id: 5, recipient_email: 5 }));
    await expect(doing(opened)).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
  });
});

describe.skipIf(missing)("SendGrid's limits", () => {
  const read = ({ system }: SendgridAccount) =>
    system.read('recipients', { by: 'id', values: ['nobody'] }, asking());

  it('are those of the settings', async () => {
    const limits = { contacts: { windows: [{ points: 2, perMs: 600_000 }] } };
    const opened = await account({ settings: { limits } });
    await read(opened);
    await read(opened);
    await expect(read(opened)).rejects.toMatchObject({ failure: { kind: 'limited' } });
    expect(opened.proxy.requests).toHaveLength(2);
    await opened.system.changes('suppressions', null, asking());
  });

  it('are kept to as SendGrid says them in its answers, before it refuses', async () => {
    const rateLimit = { name: 'minute', limit: 2, windowMs: 60_000 };
    const opened = await account({ double: { rateLimit } });
    await read(opened);
    await read(opened);
    await expect(read(opened)).rejects.toMatchObject({ failure: { kind: 'limited' } });
    expect(opened.double.requests.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('end when SendGrid says, by its clock and not by ours', () => {
    const headers = { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '1700000060' };
    const date = new Date(1_700_000_000_000).toUTCString();
    expect(limitOf({ ...headers, date })).toEqual({ remaining: 7, resetMs: 60_000 });
    const late = new Date(1_800_000_000_000).toUTCString();
    expect(limitOf({ ...headers, date: late })).toEqual({ remaining: 7, resetMs: 0 });
    expect(limitOf({ 'x-ratelimit-remaining': '7', date })).toBeNull();
    expect(limitOf({ ...headers, 'x-ratelimit-remaining': 'many', date })).toBeNull();
  });

  it('end with the window where it refuses, though it says no Retry-After', async () => {
    const opened = await account();
    const reset = String(Math.floor(Date.now() / 1_000) + 2);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    opened.proxy.fault({ nth: 1 }, { ...(rateLimited() as Extract<Fault, { kind: 'answer' }>), headers });
    await read(opened);
    expect(opened.proxy.requests).toHaveLength(2);
  });

  it('stop all that waits where it refuses and says nothing', async () => {
    const opened = await account();
    opened.proxy.fault({ nth: 1 }, rateLimited());
    await expect(read(opened)).rejects.toMatchObject({ failure: { kind: 'limited' } });
    expect(opened.proxy.requests).toHaveLength(1);
  });

  it('hold whatever its clock shows', async () => {
    const opened = await account({ double: { rateLimit: { name: 'minute', limit: 2, windowMs: 60_000 } } });
    opened.proxy.clock.skew(-3_600_000);
    await read(opened);
    await read(opened);
    await expect(read(opened)).rejects.toMatchObject({ failure: { kind: 'limited' } });
  });
});

describe.skipIf(missing)('a key of SendGrid', () => {
  it('that was replaced in its file is read again', async () => {
    const opened = await account();
    const fault = expiredToken({ status: 401, body: { errors: [{ message: 'expired' }] } }, 'once');
    opened.proxy.fault({}, fault);
    // The file still holds the one that was refused: there is nothing else to try.
    await expect(
      opened.system.read('recipients', { by: 'id', values: ['a'] }, asking()),
    ).rejects.toMatchObject({
      failure: { kind: 'unauthorized' },
    });
    expect(opened.proxy.requests).toHaveLength(1);
  });
});

describe.skipIf(missing)("SendGrid's event webhook", () => {
  it('is taken as the vendor signs it, and tells of suppressions under the ids that its lists have', async () => {
    const opened = await account();
    const receiver = await startReceiver();
    try {
      const timestamp = Math.floor(Date.now() / 1_000);
      const event = {
        email: 'Ada@example.com',
        timestamp,
        sg_event_id: 'e1',
        sg_message_id: 'm1',
        event: 'unsubscribe',
      };
      await opened.double.sendEvents(receiver.url, [event]);
      const [received] = receiver.received;
      const webhook = opened.system.webhook;
      const headers = received?.headers as Record<string, string>;
      const delivery = {
        method: 'POST',
        url: receiver.url,
        headers,
        body: received?.body ?? Buffer.from(''),
      };
      expect(webhook?.verify(delivery, new Date())).toEqual({ kind: 'genuine' });
      const [notice] = webhook?.parse(delivery.body) ?? [];
      const unsubscribed = { email: 'ada@example.com', created: timestamp };
      opened.double.state.suppressions.unsubscribes.push(unsubscribed);
      const key = { by: 'address', values: ['ada@example.com'] };
      const [seen] = await opened.system.read('suppressions', key, asking());
      expect(seen).toMatchObject({ kind: 'record', record: { id: notice?.recordId } });
    } finally {
      await receiver.close();
    }
  });

  it('is none without its key', async () => {
    const { system } = await account({ settings: { webhookPublicKey: undefined } });
    expect([system.webhook, system.capabilities.webhook]).toEqual([null, 'none']);
  });
});
