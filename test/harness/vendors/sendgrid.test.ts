import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { asking } from './asking.ts';
import { type SendGridDouble, type SendGridOptions, sendGridSource, startSendGrid } from './sendgrid.ts';

const { missing } = sendGridSource();
const open: SendGridDouble[] = [];
/* Closing fails where an answer left the specification. */
afterEach(async () => {
  for (const double of open.splice(0)) await double.close();
});

async function started(options?: SendGridOptions) {
  const double = await startSendGrid(options);
  open.push(double);
  return { ...double, ask: asking(double.url, { authorization: 'Bearer SG.test' }) };
}

const send = { id: '27c21bbf-a12c-440b-b8bf-c526975328ca', name: 'News' };

describe.skipIf(missing)('the double of SendGrid', () => {
  it('refuses what its specification refuses, in its words', async () => {
    const { ask, url } = await started();
    const bare = await request(`${url}/v3/suppression/bounces`);
    expect(bare.statusCode).toBe(401);
    await bare.body.dump();
    expect(
      await ask('GET', '/v3/suppression/bounces', undefined, { authorization: 'Bearer other' }),
    ).toMatchObject({
      status: 401,
      body: { errors: [{ message: expect.stringMatching(/authorization/) }] },
    });
    expect(await ask('PUT', '/v3/marketing/contacts', { contacts: [] })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'contacts' }] },
    });
    expect(await ask('POST', '/v3/marketing/contacts/batch', { ids: Array(101).fill('x') })).toMatchObject({
      status: 400,
    });
    expect(await ask('GET', '/v3/suppression/blocks?limit=501')).toMatchObject({ status: 400 });
    expect(await ask('GET', '/v3/nothing')).toMatchObject({ status: 404 });
  });

  it('upserts contacts when the job runs', async () => {
    const { ask, state } = await started({
      jobsRun: 'when told',
      seed: { contacts: [{ email: 'old@example.com' }] },
    });
    const list = '3f9c1c6e-5b1e-4c53-9a9c-3d8e3c0b7a11';
    const given = [
      { email: 'New@example.com', first_name: 'N' },
      { email: 'old@example.com' },
      { first_name: 'X' },
    ];
    const { status, body } = await ask('PUT', '/v3/marketing/contacts', {
      list_ids: [list],
      contacts: given,
    });
    expect(status).toBe(202);
    const job = () => ask('GET', `/v3/marketing/contacts/imports/${body.job_id}`);
    expect((await job()).body).toMatchObject({ status: 'pending' });
    expect(state.contacts.size).toBe(1);
    state.runJobs();
    expect((await job()).body).toMatchObject({
      status: 'errored',
      results: { requested_count: 3, created_count: 1, updated_count: 1, errored_count: 1 },
    });
    const emails = ['NEW@example.com', 'none@example.com'];
    const found = await ask('POST', '/v3/marketing/contacts/search/emails', { emails });
    expect(found.body.result).toMatchObject({
      'new@example.com': { contact: { first_name: 'N', list_ids: [list] } },
      'none@example.com': { error: 'contact not found' },
    });
    const { id } = found.body.result['new@example.com'].contact;
    const batch = await ask('POST', '/v3/marketing/contacts/batch', { ids: [id, 'none'] });
    expect(batch.body.result).toMatchObject([{ id, email: 'new@example.com' }]);
    expect(
      await ask('POST', '/v3/marketing/contacts/search/emails', { emails: ['no@example.com'] }),
    ).toMatchObject({
      status: 404,
    });
    expect(await ask('GET', '/v3/marketing/contacts/imports/none')).toMatchObject({ status: 404 });
  });

  it('lists, counts and schedules single sends', async () => {
    const more = Array.from({ length: 3 }, (_, i) => ({ name: `Send ${i}` }));
    const { ask, state } = await started({
      seed: { singleSends: [send, ...more], stats: [{ id: send.id, stats: { opens: 3, delivered: 9 } }] },
    });
    const names: string[] = [];
    let path: string | undefined = '/v3/marketing/singlesends?page_size=2';
    while (path !== undefined) {
      const { body } = await ask('GET', path);
      names.push(...body.result.map((each: { name: string }) => each.name));
      path = body._metadata.next;
    }
    expect(names).toEqual(['News', 'Send 0', 'Send 1', 'Send 2']);
    const stats = await ask('GET', `/v3/marketing/stats/singlesends?singlesend_ids=${send.id},other`);
    expect(stats.body.results).toMatchObject([{ id: send.id, stats: { opens: 3, delivered: 9, clicks: 0 } }]);

    const schedule = `/v3/marketing/singlesends/${send.id}/schedule`;
    const later = '2999-01-01T00:00:00Z';
    expect(await ask('PUT', schedule, { send_at: later })).toMatchObject({
      status: 201,
      body: { send_at: later, status: 'scheduled' },
    });
    expect(state.singleSends.get(send.id)).toMatchObject({ status: 'scheduled', send_at: later });
    expect(await ask('PUT', schedule, { send_at: 'now' })).toMatchObject({ status: 201 });
    expect(await ask('PUT', schedule, { send_at: 'soon' })).toMatchObject({ status: 400 });
    expect(await ask('PUT', '/v3/marketing/singlesends/none/schedule', { send_at: 'now' })).toMatchObject({
      status: 404,
    });
  });

  it('pages suppressions within a range of time', async () => {
    const bounces = Array.from({ length: 5 }, (_, i) => ({
      email: `b${i}@example.com`,
      created: 1000 + i,
      reason: '550 no such user',
      status: '5.1.1',
    }));
    const { ask } = await started({
      seed: {
        suppressions: { bounces, spam_reports: [{ email: 's@example.com', created: 1, ip: '127.0.0.1' }] },
      },
    });
    const emails = async (query: string) =>
      (await ask('GET', `/v3/suppression/bounces?${query}`)).body.map(
        (each: { email: string }) => each.email,
      );
    expect(await emails('start_time=1001&end_time=1003&limit=2')).toEqual([
      'b3@example.com',
      'b2@example.com',
    ]);
    expect(await emails('start_time=1001&end_time=1003&limit=2&offset=2')).toEqual(['b1@example.com']);
    expect(await emails('email=b4')).toEqual(['b4@example.com']);
    expect((await ask('GET', '/v3/suppression/spam_reports')).body).toHaveLength(1);
    expect((await ask('GET', '/v3/suppression/blocks')).body).toEqual([]);
  });

  it('keeps global suppressions', async () => {
    const { ask } = await started();
    const one = '/v3/asm/suppressions/global/a%40example.com';
    expect((await ask('GET', one)).body).toEqual({});
    for (let twice = 0; twice < 2; twice += 1) {
      const recipient_emails = ['A@example.com'];
      expect((await ask('POST', '/v3/asm/suppressions/global', { recipient_emails })).status).toBe(201);
    }
    expect((await ask('GET', one)).body).toEqual({ recipient_email: 'a@example.com' });
    expect((await ask('GET', '/v3/suppression/unsubscribes')).body).toHaveLength(1);
    expect((await ask('DELETE', one)).status).toBe(204);
    expect((await ask('GET', one)).body).toEqual({});
  });

  it('says how much of its window is left', async () => {
    let now = 1_000_000;
    const rateLimit = { name: 'minute', limit: 2, windowMs: 60_000 };
    const { ask } = await started({ rateLimit, now: () => now });
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await ask('GET', '/v3/suppression/blocks'));
    expect(answers.map(({ status, headers }) => [status, headers['x-ratelimit-remaining']])).toEqual([
      [200, '1'],
      [200, '0'],
      [429, '0'],
    ]);
    expect(answers[2]?.headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-reset': '1060' });
    expect(answers[2]?.headers['retry-after']).toBeUndefined();
    now += 60_000;
    expect((await ask('GET', '/v3/suppression/blocks')).status).toBe(200);
  });
});
