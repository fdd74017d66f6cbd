import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VendorError } from '#chassis/vendor/error.ts';
import { type Fault, html, rateLimited, serverError, wrongJson } from '#test/harness/vendors/faults.ts';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { type KlaviyoHouse, klaviyoHouse, testKey } from '#test/harness/vendors/klaviyo-email.ts';
import { klaviyoProblem } from '#test/harness/vendors/klaviyo-problems.ts';
import type { Addressee } from '../email.ts';
import { recordsOf } from '../email-suite.ts';

const ada = { contactId: 'contact-ada', address: 'ada@example.com' };
const addressee: Addressee = { ...ada, recipientId: null };
const ask = () => ({ urgency: 'read', signal: AbortSignal.timeout(20_000) }) as const;
const refusal = (status: number): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/vnd.api+json' },
  body: JSON.stringify(klaviyoProblem(status, `No ${ada.address}.`).body),
});

const faults: Readonly<Record<string, Fault>> = {
  'a 429 that says how long': rateLimited(1),
  'a 429 that does not': rateLimited(),
  'a 500': serverError(500),
  'a 503': serverError(503),
  'no answer': { kind: 'timeout' },
  'a connection that is reset': { kind: 'reset', when: 'unsent' },
  'an answer that is lost': { kind: 'reset', when: 'unanswered' },
  'a connection that is reset amid the answer': { kind: 'reset', when: 'mid-body' },
  'an answer that comes too slowly': { kind: 'slow', bytes: 1, everyMs: 50 },
  'an answer that just ends': { kind: 'truncated', bytes: 20, honest: false },
  'half of an answer': { kind: 'truncated', bytes: 20, honest: true },
  'JSON of another shape': wrongJson(),
  'a page for people': html(),
};

describe.skipIf(klaviyoSource().missing)('Klaviyo that fails', () => {
  let house: KlaviyoHouse;
  beforeEach(async () => {
    house = await klaviyoHouse();
    await house.platform.addRecipients([ada]);
  });
  afterEach(() => house.close());

  const open = (repetitions: number) =>
    house.open({ calls: { attemptMs: 1_000, repetitions, breaker: { failures: 1_000, openMs: 1 } } });
  const readAda = async (repetitions: number) => {
    const system = await open(repetitions);
    return recordsOf(await system.read('recipients', { by: 'address', values: [ada.address] }, ask()));
  };

  it.each(Object.entries(faults))('once with %s is asked again', async (_, fault) => {
    house.proxy.fault({ path: '/api/profiles', nth: 1 }, fault);
    expect(await readAda(1)).toMatchObject([{ externalId: ada.contactId }]);
    expect(house.proxy.requests.map((each) => each.fault)).toEqual([fault.kind, undefined]);
    expect(house.logged()).not.toMatch(/ada@example|pk_a_key/);
  });

  it.each(Object.entries(faults))('always with %s is reported as no fault of ours', async (_, fault) => {
    house.proxy.fault({}, fault);
    const error = await readAda(0).catch((thrown: VendorError) => thrown);
    const kind = fault.kind === 'answer' && fault.status === 429 ? 'limited' : 'unavailable';
    expect(error).toMatchObject({ name: 'VendorError', vendor: 'klaviyo', failure: { kind } });
    expect(`${(error as Error).message}${house.logged()}`).not.toMatch(/ada@example|pk_a_key/);
  });

  it('waits as long as a 429 asks, by its own clock', async () => {
    house.proxy.clock.skew(3_600_000);
    const until = new Date(Math.ceil(house.proxy.clock.now() / 1_000) * 1_000 + 2_000);
    house.proxy.fault({ nth: 1 }, rateLimited(until));
    expect(await readAda(1)).toHaveLength(1);
    const [first, second] = house.proxy.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('takes a key that was replaced', async () => {
    const { system } = house;
    house.double.takeKeys(['pk_a_new_key']);
    await expect(system.check(ask().signal)).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    process.env.TEST_KLAVIYO_KEY = 'pk_a_new_key';
    await system.check(ask().signal);
    expect(house.logged()).not.toMatch(testKey);
  });

  it('enrolls once, though the answer was lost or the repetition is refused', async () => {
    const change = { kind: 'enroll', addressee, campaignId: 'F1', at: '2026-03-01T09:00:00.000Z' } as const;
    const key = { idempotencyKey: 'one', signal: ask().signal };
    house.proxy.fault({ method: 'POST', nth: 1 }, { kind: 'reset', when: 'unanswered' });
    house.proxy.fault({ method: 'POST', nth: 2 }, refusal(409));
    const system = await open(2);
    expect(await system.push(change, key)).toMatchObject({ kind: 'accepted' });
    expect(await house.platform.enrollments('F1', ada)).toBe(1);
    expect(house.proxy.requests.map((each) => each.fault).slice(-2)).toEqual(['reset', 'answer']);
  });

  it('suppresses and lifts in the end, wherever it was cut short', async () => {
    for (const kind of ['suppress', 'lift'] as const) {
      const change =
        kind === 'lift' ? { kind, addressee } : ({ kind, addressee, reason: 'CONSENT' } as const);
      const push = async () => (await open(0)).push(change, { idempotencyKey: kind, signal: ask().signal });
      for (let nth = 1; ; nth += 1) {
        house.proxy.fault({ method: 'POST', nth }, { kind: 'reset', when: 'unanswered' });
        const pushed = await push().catch((error: VendorError) => error.failure.kind);
        house.proxy.heal();
        if (pushed !== 'unavailable') break;
        expect(nth).toBeLessThan(5);
      }
      await push();
      expect(await house.platform.mayMail(ada)).toBe(kind === 'lift');
    }
    const [profile] = house.double.state.profiles.values();
    expect(profile?.attributes.properties).toMatchObject({ tributary_suppressed_for: [] });
  });

  it('imposes nothing of which it could not note whose it is', async () => {
    house.proxy.fault({ path: '/api/profile-import' }, serverError());
    const change = { kind: 'suppress', addressee, reason: 'CONSENT' } as const;
    const pushed = (await open(0)).push(change, { idempotencyKey: 'k', signal: ask().signal });
    await expect(pushed).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    expect(house.proxy.requests.map(({ path }) => path)).not.toContain(
      '/api/profile-suppression-bulk-create-jobs',
    );
    expect(await house.platform.mayMail(ada)).toBe(true);
  });

  it('says what it refuses in its own words, to whoever made the change and not to the log', async () => {
    house.proxy.fault({ method: 'POST' }, refusal(400));
    const change = { kind: 'suppress', addressee, reason: 'MANUAL' } as const;
    const pushed = await house.system.push(change, { idempotencyKey: 'k', signal: ask().signal });
    expect(pushed).toEqual({ kind: 'rejected', code: 'invalid', reason: 'No ada@example.com.' });
    expect(house.logged()).not.toContain('ada@example');
  });
});
