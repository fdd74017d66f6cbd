import { createHmac } from 'node:crypto';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, asking } from './asking.ts';
import { startFaultProxy, vendorClock } from './fault-proxy.ts';
import { expiredToken } from './faults.ts';
import {
  type KlaviyoDouble,
  type KlaviyoOptions,
  klaviyoRevision,
  klaviyoSource,
  startKlaviyo,
} from './klaviyo.ts';
import { klaviyoProblem } from './klaviyo-problems.ts';
import { startReceiver } from './receiver.ts';

const { missing } = klaviyoSource();
const open: KlaviyoDouble[] = [];
/* Closing fails where an answer left the specification. */
afterEach(async () => {
  for (const double of open.splice(0)) await double.close();
});

async function started(options?: KlaviyoOptions): Promise<KlaviyoDouble> {
  const double = await startKlaviyo(options);
  open.push(double);
  return double;
}

const headers = { authorization: 'Klaviyo-API-Key pk_test', revision: klaviyoRevision };
const ask = ({ url }: KlaviyoDouble, ...request: Parameters<ReturnType<typeof asking>>) =>
  asking(url, headers, 'application/vnd.api+json')(...request);

const filter = (text: string) => `filter=${encodeURIComponent(text)}`;
const people = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ email: `p${i}@example.com`, external_id: `x${i}` }));
const profileImport = (attributes: object, id?: string) => ({
  data: { type: 'profile', ...(id && { id }), attributes },
});
const event = (metric: string, email: string, uniqueId: string, time?: string) => ({
  data: {
    type: 'event',
    attributes: {
      properties: { plan: 'pro' },
      unique_id: uniqueId,
      ...(time && { time }),
      metric: { data: { type: 'metric', attributes: { name: metric } } },
      profile: { data: { type: 'profile', attributes: { email } } },
    },
  },
});
const job = (type: string, emails: readonly string[], subscriptions?: object, more: object = {}) => ({
  data: {
    type: `profile-${type}`,
    attributes: {
      profiles: {
        data: emails.map((email) => ({
          type: 'profile',
          attributes: { email, ...(subscriptions && { subscriptions }) },
        })),
      },
    },
    ...more,
  },
});

describe.skipIf(missing)('the double of Klaviyo', () => {
  it('refuses what its specification refuses, in its words', async () => {
    const double = await started();
    const bare = await request(`${double.url}/api/profiles`, { headers: { revision: '2026-07-15' } });
    expect(bare.statusCode).toBe(401);
    await bare.body.dump();
    expect(
      await ask(double, 'GET', '/api/profiles', undefined, { authorization: 'Klaviyo-API-Key other' }),
    ).toMatchObject({
      status: 401,
    });
    expect(await ask(double, 'POST', '/api/profile-import', { data: { type: 'profile' } })).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'invalid', source: { pointer: '/data' } }] },
    });
    expect(await ask(double, 'GET', '/api/profiles?page[size]=500')).toMatchObject({ status: 400 });
    expect(await ask(double, 'GET', '/api/campaigns')).toMatchObject({ status: 400 });
    expect(await ask(double, 'GET', '/api/nothing')).toMatchObject({ status: 404 });
    expect(await ask(double, 'POST', '/api/profiles/1', {})).toMatchObject({ status: 405 });
  });

  it('filters, sorts and pages profiles', async () => {
    const double = await started({ seed: { profiles: people(25) } });
    const some = await ask(
      double,
      'GET',
      `/api/profiles?${filter('any(email,["p1@example.com","P2@example.com","none@example.com"])')}`,
    );
    expect(some.body.data).toHaveLength(2);
    const id = some.body.data[0].id;
    expect((await ask(double, 'GET', `/api/profiles?${filter(`any(id,["${id}"])`)}`)).body.data).toHaveLength(
      1,
    );
    expect(
      (await ask(double, 'GET', `/api/profiles?${filter('equals(external_id,"x7")')}`)).body.data,
    ).toMatchObject([{ attributes: { email: 'p7@example.com' } }]);
    const updated = async (since: string) =>
      (await ask(double, 'GET', `/api/profiles?${filter(`greater-than(updated,${since})`)}`)).body.data
        .length;
    /* 20 is the page where none is asked for. */
    expect([await updated('2000-01-01T00:00:00Z'), await updated('2999-01-01T00:00:00Z')]).toEqual([20, 0]);
    expect(await ask(double, 'GET', `/api/profiles?${filter('contains(email,"p")')}`)).toMatchObject({
      status: 400,
    });

    const seen: string[] = [];
    let path: string | undefined = '/api/profiles?page[size]=10&sort=-email&fields[profile]=email';
    while (path !== undefined) {
      const { body } = await ask(double, 'GET', path);
      seen.push(...body.data.map((each: { attributes: { email: string } }) => each.attributes.email));
      expect(Object.keys(body.data[0].attributes)).toEqual(['email']);
      path = body.links.next;
    }
    expect(seen).toEqual(
      people(25)
        .map(({ email }) => email)
        .sort()
        .reverse(),
    );
  });

  it('makes a profile of an import, and changes it by the next', async () => {
    const double = await started();
    const first = await ask(
      double,
      'POST',
      '/api/profile-import',
      profileImport({ email: 'a@example.com', first_name: 'A' }),
    );
    expect(first.status).toBe(201);
    const second = await ask(
      double,
      'POST',
      '/api/profile-import',
      profileImport({ email: 'A@example.com', first_name: null }),
    );
    expect(second).toMatchObject({ status: 200, body: { data: { id: first.body.data.id } } });
    expect([...double.state.profiles.values()]).toMatchObject([{ attributes: { first_name: null } }]);
    expect(
      await ask(double, 'POST', '/api/profile-import', profileImport({ first_name: 'B' })),
    ).toMatchObject({ status: 400 });
  });

  it('records an event once', async () => {
    const double = await started();
    const sent = event('Lead Enrolled', 'a@example.com', 'u1', '2026-07-01T00:00:00Z');
    expect((await ask(double, 'POST', '/api/events', sent)).status).toBe(202);
    expect((await ask(double, 'POST', '/api/events', sent)).status).toBe(202);
    await ask(
      double,
      'POST',
      '/api/events',
      event('Lead Enrolled', 'a@example.com', 'u2', '2026-07-02T00:00:00Z'),
    );
    expect(double.state.events).toHaveLength(2);
    const profile = double.state.findProfile({ email: 'a@example.com' });
    const { body } = await ask(
      double,
      'GET',
      `/api/events?${filter(`equals(profile_id,"${profile?.id}")`)}&sort=-datetime&include=metric,profile`,
    );
    expect(body.data.map((each: { attributes: { datetime: string } }) => each.attributes.datetime)).toEqual([
      '2026-07-02T00:00:00+00:00',
      '2026-07-01T00:00:00+00:00',
    ]);
    expect(body.included.map((each: { type: string }) => each.type)).toEqual(['metric', 'profile']);
    expect((await ask(double, 'GET', '/api/metrics')).body.data).toMatchObject([
      { attributes: { name: 'Lead Enrolled' } },
    ]);
  });

  it('refuses a repeated event, where a test wants that', async () => {
    const double = await started({ repeatedEvents: 'refused' });
    const statuses = [];
    for (const id of ['u1', 'u1', 'u2']) {
      statuses.push(
        (await ask(double, 'POST', '/api/events', event('Enrolled', 'a@example.com', id))).status,
      );
    }
    expect(statuses).toEqual([202, 409, 202]);
  });

  it('refuses an import of more than 100 KB', async () => {
    const double = await started();
    const large = profileImport({ email: 'a@example.com', properties: { text: 'x'.repeat(100 * 1024) } });
    expect(await ask(double, 'POST', '/api/profile-import', large)).toMatchObject({ status: 413 });
    expect(double.state.profiles.size).toBe(0);
  });

  it('suppresses when its job runs', async () => {
    const double = await started({ jobsRun: 'when told', seed: { profiles: people(1) } });
    const path = '/api/profile-suppression-bulk-create-jobs';
    const asked = await ask(double, 'POST', path, job('suppression-bulk-create-job', ['p0@example.com']));
    expect(asked).toMatchObject({ status: 202, body: { data: { attributes: { status: 'processing' } } } });
    const shown = () => ask(double, 'GET', '/api/profiles?additional-fields[profile]=subscriptions');
    const marketing = (answer: Answer) => answer.body.data[0].attributes.subscriptions.email.marketing;
    expect(marketing(await shown()).suppression).toEqual([]);
    double.state.runJobs();
    expect(marketing(await shown())).toMatchObject({
      can_receive_email_marketing: false,
      suppression: [{ reason: 'USER_SUPPRESSED' }],
    });
    expect(await ask(double, 'GET', `${path}/${asked.body.data.id}`)).toMatchObject({
      body: { data: { attributes: { status: 'complete', completed_count: 1 } } },
    });
    await ask(
      double,
      'POST',
      '/api/profile-suppression-bulk-delete-jobs',
      job('suppression-bulk-delete-job', ['p0@example.com']),
    );
    double.state.runJobs();
    expect(marketing(await shown()).suppression).toEqual([]);
    const many = job(
      'suppression-bulk-create-job',
      people(101).map(({ email }) => email),
    );
    expect(await ask(double, 'POST', path, many)).toMatchObject({ status: 400 });
  });

  it('subscribes and unsubscribes', async () => {
    const double = await started();
    const consent = (status: string) => ({ email: { marketing: { consent: status } } });
    const list = { relationships: { list: { data: { type: 'list', id: 'L1' } } } };
    const one = ['a@example.com'];
    const create = '/api/profile-subscription-bulk-create-jobs';
    const remove = '/api/profile-subscription-bulk-delete-jobs';
    const subscribed = job('subscription-bulk-create-job', one, consent('SUBSCRIBED'), list);
    expect((await ask(double, 'POST', create, subscribed)).status).toBe(202);
    const profile = double.state.findProfile({ email: 'a@example.com' });
    expect(profile).toMatchObject({ consent: { status: 'SUBSCRIBED' }, suppressions: [] });
    const unsubscribed = job('subscription-bulk-delete-job', one, consent('UNSUBSCRIBED'), list);
    expect((await ask(double, 'POST', remove, unsubscribed)).status).toBe(202);
    expect(profile).toMatchObject({
      consent: { status: 'SUBSCRIBED' },
      listSuppressions: [{ list_id: 'L1' }],
    });
    /* No longer in the list: the same request unsubscribes from everything. */
    await ask(double, 'POST', remove, unsubscribed);
    expect(profile).toMatchObject({
      consent: { status: 'UNSUBSCRIBED' },
      suppressions: [{ reason: 'UNSUBSCRIBE' }],
    });
    const dated = { email: { marketing: { consent: 'SUBSCRIBED', consented_at: '2026-01-01T00:00:00Z' } } };
    expect(await ask(double, 'POST', create, job('subscription-bulk-create-job', one, dated))).toMatchObject({
      status: 400,
    });
  });

  it('sums reports within their timeframe', async () => {
    const day = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString();
    const groupings = { campaign_id: 'C1', campaign_message_id: 'CM1', send_channel: 'email' };
    const statistics = { opens: 5, opens_unique: 4, delivered: 10 };
    const double = await started({
      seed: {
        metrics: [{ id: 'M1', attributes: { name: 'Placed Order' } }],
        campaignValues: [1, 2, 200].map((n) => ({ groupings, statistics, at: day(n) })),
      },
    });
    const body = (metric: string, key = 'last_30_days') => ({
      data: {
        type: 'campaign-values-report',
        attributes: {
          statistics: ['opens', 'open_rate'],
          timeframe: { key },
          conversion_metric_id: metric,
          filter: 'and(equals(campaign_id,"C1"),contains-any(send_channel,["email"]))',
        },
      },
    });
    const { body: report } = await ask(double, 'POST', '/api/campaign-values-reports', body('M1'));
    expect(report.data.attributes.results).toEqual([
      { groupings, statistics: { opens: 10, open_rate: 0.4 } },
    ]);
    expect(await ask(double, 'POST', '/api/campaign-values-reports', body('M2'))).toMatchObject({
      status: 400,
    });
    expect(
      await ask(double, 'POST', '/api/campaign-values-reports', body('M1', 'last_decade')),
    ).toMatchObject({ status: 400 });
  });

  it('keeps the windows of its documentation', async () => {
    let now = Date.parse('2026-07-15T12:00:00Z');
    const double = await started({ rateLimits: 'documented', now: () => now });
    const flows = () => ask(double, 'GET', '/api/flows');
    const answers = [await flows(), await flows(), await flows(), await flows()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers).toMatchObject({
      'ratelimit-limit': '3',
      'ratelimit-remaining': '2',
      'ratelimit-reset': '1',
    });
    expect(answers[3]?.headers['retry-after']).toBe('1');
    expect(answers[3]?.headers['ratelimit-limit']).toBeUndefined();
    now += 1000;
    expect((await flows()).status).toBe(200);
    for (let second = 0; second < 56; second += 1) {
      now += 1000;
      expect((await flows()).status).toBe(200);
    }
    now += 1000;
    /* 60 in a minute: the steady window is full while the burst window is fresh. */
    expect(await flows()).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
  });

  it('answers from the specification where it keeps no state', async () => {
    const double = await started();
    expect(await ask(double, 'GET', '/api/webhook-topics')).toMatchObject({ status: 200 });
  });

  it('says so when an answer leaves the specification', async () => {
    const double = await startKlaviyo({
      seed: { lists: [{ id: 'L1', attributes: { opt_in_process: 'sometimes' } }] },
    });
    expect((await ask(double, 'GET', '/api/lists')).status).toBe(500);
    await expect(double.close()).rejects.toThrow(/GET \/api\/lists/);
  });

  it('stands behind the fault proxy, in its time and with its own refusals', async () => {
    const clock = vendorClock();
    const double = await started({ now: clock.now, rateLimits: 'documented', apiKeys: ['old', 'new'] });
    const proxy = await startFaultProxy(double.url, clock);
    try {
      const as = (key: string) =>
        asking(
          proxy.url,
          { ...headers, authorization: `Klaviyo-API-Key ${key}` },
          'application/vnd.api+json',
        );
      clock.skew(-86_400_000);
      await as('old')('POST', '/api/profile-import', profileImport({ email: 'a@example.com' }));
      expect(
        Date.parse(String(double.state.findProfile({ email: 'a@example.com' })?.attributes.updated)),
      ).toBeLessThan(Date.now() - 86_000_000);
      proxy.fault({ path: '/api/lists' }, expiredToken(klaviyoProblem(401, 'The token has expired.')));
      expect(await as('old')('GET', '/api/lists')).toMatchObject({
        status: 401,
        headers: { 'content-type': 'application/vnd.api+json' },
        body: { errors: [{ code: 'not_authenticated' }] },
      });
      expect(await as('new')('GET', '/api/lists')).toMatchObject({
        status: 200,
        headers: { 'ratelimit-limit': '75' },
      });
      expect(double.requests.map(({ path }) => path)).toEqual(['/api/profile-import', '/api/lists']);
    } finally {
      await proxy.close();
    }
  });

  it('delivers webhooks that its secret verifies', async () => {
    const double = await started();
    const receiver = await startReceiver();
    try {
      const event = { topic: 'event:klaviyo.opened_email', external_id: 'E1', payload: { data: {} } };
      expect(await double.sendEvents(receiver.url, [event])).toBe(204);
      const [{ headers: got, body } = { headers: {}, body: Buffer.alloc(0) }] = receiver.received;
      const expected = createHmac('sha256', double.webhookSecret)
        .update(body)
        .update(String(got['klaviyo-timestamp']));
      expect(got['klaviyo-signature']).toBe(expected.digest('hex'));
    } finally {
      await receiver.close();
    }
  });
});
