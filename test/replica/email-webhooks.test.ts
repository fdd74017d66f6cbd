import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import type { Delivery } from '#chassis/vendor/system.ts';
import type { Webhooks } from '#chassis/vendor/webhooks/open.ts';
import type { WebhookWork } from '#chassis/vendor/webhooks/work.ts';
import { klaviyoWebhook } from '#subgraphs/email/adapters/klaviyo/webhook.ts';
import { engines } from '#test/harness/stores.ts';
import { type EmailHouse, emailHouse } from '#test/harness/vendors/email-replica.ts';

const secretKey = 'the secret of the webhook';
const address = 'ada@example.com';
const ada = { id: 'con_ada', accountId: null, address };

/** A delivery as Klaviyo writes and signs it. */
function delivery(
  events: readonly { readonly id: string; readonly topic: string; readonly message: string }[],
): Delivery {
  const data = events.map(({ id, topic, message }) => ({
    external_id: id,
    topic: `event:klaviyo.${topic}`,
    payload: {
      data: {
        type: 'event',
        id,
        attributes: {
          ...{ timestamp: 1_772_355_600, datetime: '2026-03-01T09:00:00+00:00' },
          event_properties: { $message: message },
        },
        relationships: { profile: { data: { type: 'profile', id: 'p1' } } },
      },
      included: [{ type: 'profile', id: 'p1', attributes: { email: address } }],
    },
  }));
  const body = Buffer.from(JSON.stringify({ data, meta: {} }));
  const time = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', secretKey).update(body).update(time).digest('hex');
  return {
    ...{ method: 'POST', url: 'http://127.0.0.1/webhooks/scripted/default', body },
    headers: { 'klaviyo-signature': signature, 'klaviyo-timestamp': time, 'klaviyo-webhook-id': 'w1' },
  };
}

describe.each(engines)('webhooks with content of an email platform on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  const working: WebhookWork[] = [];
  afterEach(async () => {
    for (const work of working.splice(0)) await work.close();
    await house?.close();
    house = undefined;
  });
  const open = async () => {
    house = await emailHouse(engine, { webhook: klaviyoWebhook({ secretKey }) });
    return { ...house, webhooks: house.email.webhooks as Webhooks };
  };
  const start = (webhooks: Webhooks) => {
    const retry = { attempts: 10, firstMs: 20, capMs: 50, patienceMs: 60_000 };
    working.push(webhooks.start({ pollMs: 20, retry }));
  };
  const states = async ({ email }: EmailHouse) => {
    const { rows } = await sql<{ state: string }>`select state from webhook_notices`.execute(email.store.db);
    return rows.map(({ state }) => state);
  };
  const opened = { id: 'e1', topic: 'opened_email', message: 'm1' };

  it.skipIf(missing)('take effect once, however often and by however many they are worked', async () => {
    const place = await open();
    const { webhooks, graph, contact, vendor } = place;
    vendor.put('recipients', 'p1', { address });
    graph.contacts = [ada];
    const many = Array.from({ length: 20 }, (_, nth) => ({
      ...opened,
      id: `e${nth}`,
      message: `m${nth % 4}`,
    }));
    const given = [delivery([opened, opened]), delivery(many), delivery(many.toReversed())];
    for (const each of given)
      expect(await webhooks.intake.take('scripted', 'default', each)).toMatchObject({ kind: 'received' });
    start(webhooks);
    start(webhooks);
    await expect.poll(() => states(place)).toEqual(many.map(() => 'done'));
    expect(await contact(ada.id, 'engagement { opened }')).toEqual({ engagement: { opened: 4 } });
    const { rows } = await sql`select id from activities`.execute(place.email.store.db);
    expect(rows).toHaveLength(20);
  });

  it.skipIf(missing)('wait for a graph that is away, and tell of a suppression', async () => {
    const place = await open();
    const { webhooks, graph, contact, events, vendor } = place;
    vendor.put('recipients', 'p1', { address });
    graph.contacts = null;
    const complaint = { id: 'e2', topic: 'marked_email_as_spam', message: 'm1' };
    await webhooks.intake.take('scripted', 'default', delivery([opened, complaint]));
    start(webhooks);
    await expect.poll(() => graph.asked).toBeGreaterThan(2);
    expect(await states(place)).not.toContain('done');
    graph.contacts = [ada];
    await expect.poll(async () => new Set(await states(place))).toEqual(new Set(['done']));
    expect(await contact(ada.id, 'engagement { opened } suppressions { reason }')).toEqual({
      engagement: { opened: 1 },
      suppressions: [{ reason: 'COMPLAINT' }],
    });
    expect((await events()).map(({ type }) => type)).toEqual(['tributary.email.ContactSuppressed.v1']);
  });
});
