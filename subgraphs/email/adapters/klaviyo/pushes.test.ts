import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { type KlaviyoHouse, klaviyoHouse } from '#test/harness/vendors/klaviyo-email.ts';
import type { Addressee, EmailChange } from '../email.ts';
import { recordsOf } from '../email-suite.ts';

const ada = { contactId: 'contact-ada', address: 'ada@example.com' };
const addressee: Addressee = { ...ada, recipientId: null };
const signal = () => AbortSignal.timeout(20_000);

describe.skipIf(klaviyoSource().missing)('a change on its way to Klaviyo', () => {
  let house: KlaviyoHouse;
  let keys = 0;
  beforeEach(async () => {
    house = await klaviyoHouse({ repeatedEvents: 'refused' });
  });
  afterEach(() => house.close());

  const push = (change: EmailChange, idempotencyKey = `key-${++keys}`) =>
    house.system.push(change, { idempotencyKey, signal: signal() });
  const reasons = async () => {
    const key = { by: 'address', values: [ada.address] };
    const seen = await house.system.read('suppressions', key, { urgency: 'read', signal: signal() });
    return recordsOf(seen).map(({ values }) => values.reason);
  };
  const held = () =>
    house.double.state.findProfile({ email: ada.address })?.suppressions.map(({ reason }) => reason);
  const posted = () =>
    house.double.requests.filter(({ method }) => method === 'POST').map(({ path }) => path.slice(5));

  it('enrolls by an event of the metric, and takes a refused repetition for done', async () => {
    const enroll = { kind: 'enroll', addressee, campaignId: 'F1', at: '2026-03-01T09:00:00.000Z' } as const;
    expect(await push(enroll, 'same')).toEqual({ kind: 'accepted', record: null });
    expect(await push(enroll, 'same')).toMatchObject({ kind: 'accepted' });
    expect(house.double.requests.map(({ status }) => status)).toContain(409);
    expect(house.double.state.events).toMatchObject([
      { uniqueId: 'same', time: Date.parse(enroll.at), properties: { contact_id: ada.contactId } },
    ]);
    const profile = house.double.state.findProfile({ email: ada.address });
    expect(profile?.attributes.external_id).toBe(ada.contactId);
  });

  it('finds whom it means by a new address too, and leaves the id that another system gave', async () => {
    const { profile } = house.double.state.upsertProfile({ email: ada.address, external_id: 'shop-7' });
    const gone = { ...addressee, recipientId: 'merged' };
    const at = '2026-03-01T09:00:00.000Z';
    const accepted = { kind: 'accepted', record: { type: 'recipients', id: profile.id } };
    expect(await push({ kind: 'enroll', addressee: gone, campaignId: 'F1', at })).toEqual(accepted);
    expect(await push({ kind: 'suppress', addressee: gone, reason: 'CONSENT' })).toEqual(accepted);
    expect(profile.attributes.external_id).toBe('shop-7');
    expect(house.double.state.profiles.size).toBe(1);
  });

  it('suppresses whom Klaviyo knows, under the address that it has of them', async () => {
    const { profile } = house.double.state.upsertProfile({ email: 'before@example.com' });
    const moved = { ...addressee, recipientId: profile.id };
    await push({ kind: 'suppress', addressee: moved, reason: 'CONSENT' });
    expect(profile.suppressions).toHaveLength(2);
    expect(house.double.state.profiles.size).toBe(1);
    await push({ kind: 'lift', addressee: moved });
    expect(profile.suppressions).toEqual([]);
  });

  it('says no of somebody without an address', async () => {
    const nobody = { contactId: 'contact-none', recipientId: null, address: null };
    const enroll = { kind: 'enroll', campaignId: 'F1', at: '2026-03-01T09:00:00.000Z' } as const;
    expect(await push({ ...enroll, addressee: nobody })).toMatchObject({ code: 'NO_ADDRESS' });
    expect(await push({ kind: 'suppress', addressee: nobody, reason: 'MANUAL' })).toMatchObject({
      code: 'NO_ADDRESS',
    });
    expect(await push({ kind: 'lift', addressee: nobody })).toEqual({ kind: 'accepted', record: null });
    expect(house.double.state.profiles.size).toBe(0);
  });

  it.each([
    ['UNSUBSCRIBE', ['USER_SUPPRESSED', 'UNSUBSCRIBE']],
    ['CONSENT', ['USER_SUPPRESSED', 'UNSUBSCRIBE']],
    ['MANUAL', ['USER_SUPPRESSED']],
    ['BOUNCE', ['USER_SUPPRESSED']],
    ['COMPLAINT', ['USER_SUPPRESSED']],
  ] as const)('suppresses for %s, and that is what is read', async (reason, theirs) => {
    await push({ kind: 'suppress', addressee, reason });
    expect(held()).toEqual(theirs);
    expect(await reasons()).toEqual([reason]);
    await push({ kind: 'lift', addressee });
    expect(await reasons()).toEqual(reason === 'CONSENT' ? [] : [reason]);
  });

  it('subscribes nobody again who was only suppressed beside their own unsubscription', async () => {
    await house.platform.addRecipients([ada]);
    await house.platform.suppress(ada, 'UNSUBSCRIBE');
    await push({ kind: 'suppress', addressee, reason: 'CONSENT' });
    expect((await reasons()).toSorted()).toEqual(['CONSENT', 'UNSUBSCRIBE']);
    expect(await push({ kind: 'lift', addressee })).toMatchObject({ kind: 'accepted' });
    expect(await reasons()).toEqual(['UNSUBSCRIBE']);
    expect(posted()).not.toContain('profile-subscription-bulk-create-jobs');
  });

  it('takes no complaint away by subscribing, and says why nothing was lifted', async () => {
    await house.platform.addRecipients([ada]);
    await house.platform.suppress(ada, 'COMPLAINT');
    await push({ kind: 'suppress', addressee, reason: 'CONSENT' });
    const pushed = await push({ kind: 'lift', addressee });
    expect(pushed).toMatchObject({ kind: 'rejected', code: 'SUPPRESSED_OTHERWISE' });
    expect(held()).toContain('SPAM_COMPLAINT');
  });

  it('lifts nothing that became somebody else’s will', async () => {
    await push({ kind: 'suppress', addressee, reason: 'CONSENT' });
    await push({ kind: 'suppress', addressee, reason: 'UNSUBSCRIBE' });
    expect(await reasons()).toEqual(['UNSUBSCRIBE']);
    await push({ kind: 'lift', addressee });
    expect(await reasons()).toEqual(['UNSUBSCRIBE']);
  });

  it('keeps the note of what else was imposed', async () => {
    const { profile } = house.double.state.upsertProfile({
      email: ada.address,
      properties: { tributary_suppressed_for: ['USER_SUPPRESSED:CONSENT', 'UNSUBSCRIBE:MANUAL'] },
    });
    await push({ kind: 'lift', addressee });
    expect(profile.attributes.properties).toEqual({ tributary_suppressed_for: ['UNSUBSCRIBE:MANUAL'] });
  });

  it('lifts no will of the person’s that Klaviyo has not carried out yet', async () => {
    const slow = await klaviyoHouse({ repeatedEvents: 'refused', jobsRun: 'when told' });
    onTestFinished(() => slow.close());
    for (const change of [
      { kind: 'suppress', addressee, reason: 'UNSUBSCRIBE' },
      { kind: 'suppress', addressee, reason: 'CONSENT' },
      { kind: 'lift', addressee },
    ] as const) {
      await slow.system.push(change, { idempotencyKey: `key-${++keys}`, signal: signal() });
      if (change.kind === 'suppress' && change.reason === 'CONSENT') slow.double.state.runJobs();
    }
    slow.double.state.runJobs();
    expect(await slow.platform.mayMail(ada)).toBe(false);
  });

  it('leaves the account’s own double opt-in to decide', async () => {
    await push({ kind: 'suppress', addressee, reason: 'CONSENT' });
    await push({ kind: 'lift', addressee });
    const subscribed = house.double.requests.find(({ path }) => path.includes('subscription-bulk-create'));
    const body = subscribed?.body as { data: { attributes: object } } | undefined;
    expect(Object.keys(body?.data.attributes ?? {})).toEqual(['profiles']);
  });
});
