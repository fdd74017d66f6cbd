import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { klaviyoWebhook } from './webhook.ts';

const secretKey = 'a secret of more than sixteen characters';
const webhook = klaviyoWebhook({ secretKey });
const now = new Date('2026-01-04T18:05:25.000Z');

function delivery(body: string, time: string) {
  const signature = createHmac('sha256', secretKey).update(`${body}${time}`).digest('hex');
  const headers = { 'klaviyo-signature': signature, 'klaviyo-timestamp': time, 'klaviyo-webhook-id': 'W' };
  return { method: 'POST', url: 'https://hooks.example.org', headers, body: Buffer.from(body) };
}

describe("a delivery's signature", () => {
  it('is over body and time, however that is written', () => {
    for (const time of ['Sun, 04 Jan 2026 18:05:25 GMT', '2026-01-04T18:05:25.000Z', '1767549925']) {
      const right = delivery('{"data":[]}', time);
      expect([time, webhook.verify(right, now).kind]).toEqual([time, 'genuine']);
      expect(webhook.verify({ ...right, body: Buffer.from('{"data":[] }') }, now).kind).toBe('refused');
      expect(webhook.verify(right, new Date(now.getTime() + 6 * 60_000)).kind).toBe('refused');
      expect(webhook.verify(right, new Date(now.getTime() - 6 * 60_000)).kind).toBe('refused');
    }
    expect(webhook.verify(delivery('{}', 'soon'), now).kind).toBe('refused');
    expect(webhook.verify({ ...delivery('{}', '1767549925'), headers: {} }, now).kind).toBe('refused');
    // Over the bytes that came, were they no text at all.
    const body = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const time = '1767549925';
    const signature = createHmac('sha256', secretKey).update(body).update(time).digest('hex');
    const headers = { 'klaviyo-signature': signature, 'klaviyo-timestamp': time };
    expect(webhook.verify({ ...delivery('', time), headers, body }, now).kind).toBe('genuine');
    const other = klaviyoWebhook({ secretKey: 'another secret, as long' });
    expect(other.verify(delivery('{}', '1767549925'), now).kind).toBe('refused');
  });
});

describe('a delivery', () => {
  const told = (topic: string, properties: object = {}, included: readonly object[] = []) => ({
    external_id: 'E1',
    topic: `event:klaviyo.${topic}`,
    payload: {
      data: {
        type: 'event',
        id: 'E1',
        attributes: {
          timestamp: 1_767_549_900,
          datetime: '2026-01-04T18:05:00+00:00',
          event_properties: properties,
        },
        relationships: { profile: { data: { type: 'profile', id: 'P1' } } },
      },
      included,
    },
  });
  const parse = (...data: readonly object[]) =>
    webhook.parse(Buffer.from(JSON.stringify({ data, meta: {} })));
  const summary = (...given: Parameters<typeof told>) =>
    parse(told(...given)).map(({ type, content }) => {
      const { kind, reason } = content as { kind?: string; reason?: string };
      return `${type} ${kind ?? reason}`;
    });

  it('tells what became of messages, and whom Klaviyo writes to no more', () => {
    expect(summary('received_email')).toEqual(['activities DELIVERED']);
    expect(summary('opened_email')).toEqual(['activities OPENED']);
    expect(summary('clicked_email')).toEqual(['activities CLICKED']);
    expect(summary('dropped_email')).toEqual(['activities BOUNCED']);
    expect(summary('bounced_email', { 'Bounce Type': 'Soft' })).toEqual(['activities BOUNCED']);
    // What does not say that it is a hard one suppresses nobody.
    expect(summary('bounced_email')).toEqual(['activities BOUNCED']);
    expect(summary('bounced_email', { 'Bounce Type': 'Hard' })).toEqual([
      'activities BOUNCED',
      'suppressions BOUNCE',
    ]);
    expect(summary('marked_email_as_spam')).toEqual(['suppressions COMPLAINT']);
  });

  it('has times in UTC where they name no other, wherever it is read', () => {
    const [zone, event] = [process.env.TZ, told('opened_email')];
    process.env.TZ = 'America/New_York';
    onTestFinished(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });
    event.payload.data.attributes.datetime = '2026-01-04 18:05:00';
    expect(parse(event)[0]).toMatchObject({
      occurredAt: '2026-01-04T18:05:00.000Z',
      content: { at: '2026-01-04T18:05:00.000Z' },
    });
  });

  it('says nothing of what may have been our own doing', () => {
    expect(summary('unsubscribed_from_email_marketing')).toEqual([]);
    expect(summary('manually_suppressed_from_email_marketing')).toEqual([]);
  });

  it('says so in the words of email', () => {
    const profile = { type: 'profile', id: 'P1', attributes: { email: 'Ada@Example.com' } };
    const metric = { type: 'metric', id: 'M1', attributes: {} };
    expect(parse(told('opened_email', { $message: 'MSG', $flow: 'FLOW' }, [metric, profile]))).toEqual([
      {
        id: 'E1',
        type: 'activities',
        recordId: 'E1',
        occurredAt: '2026-01-04T18:05:00.000Z',
        persons: ['P1', 'ada@example.com'],
        content: {
          kind: 'OPENED',
          at: '2026-01-04T18:05:00.000Z',
          messageId: 'MSG:P1',
          campaignId: 'FLOW',
          recipientId: 'P1',
          address: 'ada@example.com',
        },
      },
    ]);
  });

  it('may tell of other things, whatever their shape; what is ours has ours', () => {
    expect(parse({ topic: 'event:klaviyo.sent_sms', payload: 1 }, { topic: 'constructor' }, {})).toEqual([]);
    expect(() => parse({ ...told('opened_email'), payload: { data: { id: 'secret' } } })).toThrow(
      /^The delivery is none of this vendor: data.0.payload.data.attributes: Invalid input/,
    );
  });
});
