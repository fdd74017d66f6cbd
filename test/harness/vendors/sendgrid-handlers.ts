import { suppressionGroups } from './sendgrid-groups.ts';
import { sendGridProblem } from './sendgrid-problems.ts';
import type { ContactInput, SendGridContact, SendGridState, SuppressionKind } from './sendgrid-state.ts';
import type { Handler, OperationRequest } from './spec-server.ts';
import type { VendorAnswer } from './specification.ts';

/** The endpoints that adapters use. Upserts change the state when their job runs. */
export function sendGridHandlers(
  state: SendGridState,
  jobsRun: 'at once' | 'when told',
): Record<string, Handler> {
  return {
    ...contacts(state, jobsRun),
    ...singleSends(state),
    ...suppressions(state),
    ...suppressionGroups(state),
  };
}

/** An upsert takes 30,000 contacts or this many bytes. */
const largestUpsert = 6 * 1024 * 1024;

function contacts(state: SendGridState, jobsRun: 'at once' | 'when told'): Record<string, Handler> {
  const shown = (contact: SendGridContact) => ({
    ...contact,
    _metadata: { self: `https://api.sendgrid.com/v3/marketing/contacts/${contact.id}` },
  });
  return {
    'PUT /v3/marketing/contacts': ({ body, headers }) => {
      if (Number(headers['content-length']) > largestUpsert)
        return sendGridProblem(400, 'more than 6MB of contacts');
      const { contacts: given, list_ids } = body as { contacts: ContactInput[]; list_ids?: string[] };
      const job = state.addJob(given, list_ids ?? []);
      if (jobsRun === 'at once') state.runJobs();
      return { status: 202, body: { job_id: job.id } };
    },
    'GET /v3/marketing/contacts/imports/{id}': ({ params }) => {
      const job = state.jobs.find(({ id }) => id === params.id);
      if (job === undefined) return sendGridProblem(404);
      const { requested_count, errored_count } = job.results;
      const finished =
        errored_count === 0 ? 'completed' : errored_count < requested_count ? 'errored' : 'failed';
      return {
        status: 200,
        body: {
          id: job.id,
          status: job.finishedAt === null ? 'pending' : finished,
          job_type: 'upsert',
          results: job.results,
          started_at: job.startedAt,
          finished_at: job.finishedAt ?? '',
        },
      };
    },
    'POST /v3/marketing/contacts/batch': ({ body }) => {
      const { ids } = body as { ids: string[] };
      return { status: 200, body: { result: ids.flatMap((id) => state.contacts.get(id) ?? []).map(shown) } };
    },
    'POST /v3/marketing/contacts/search/emails': ({ body }) => {
      const emails = (body as { emails: string[] }).emails.filter((email) => email !== '');
      if (emails.length > 100) return sendGridProblem(400, 'more than 100 emails', 'emails');
      const result = emails.map((email) => {
        const contact = state.findContact(email);
        return [
          email.toLowerCase(),
          contact ? { contact: shown(contact) } : { error: 'contact not found' },
        ] as const;
      });
      if (!result.some(([, found]) => 'contact' in found)) return sendGridProblem(404, 'contacts not found');
      return { status: 200, body: { result: Object.fromEntries(result) } };
    },
    'POST /v3/marketing/contacts/search/identifiers/{identifier_type}': ({ body, params }) => {
      const { identifiers } = body as { identifiers: string[] };
      const name = params.identifier_type as 'email' | 'external_id';
      /* This endpoint alone says no without a list of errors. */
      const no = (status: number, message: string) => ({ ...sendGridProblem(status), body: { message } });
      if (identifiers.length > 100) return no(400, 'more than 100 identifiers');
      const result = identifiers.map((value) => {
        const contact = [...state.contacts.values()].find((each) => each[name] === value);
        return [value, contact ? { contact: shown(contact) } : { error: 'contact not found' }] as const;
      });
      if (!result.some(([, found]) => 'contact' in found)) return no(404, 'contacts not found');
      return { status: 200, body: { result: Object.fromEntries(result) } };
    },
    'GET /v3/marketing/lists/{id}': ({ params }) => {
      const list = state.lists.get(params.id ?? '');
      /* This endpoint says no in a bare list. */
      if (list === undefined) return { ...sendGridProblem(404), body: [{ message: 'not found' }] };
      const members = [...state.contacts.values()].filter(({ list_ids }) => list_ids.includes(list.id));
      return { status: 200, body: { ...list, contact_count: members.length } };
    },
  };
}

function singleSends(state: SendGridState): Record<string, Handler> {
  return {
    'GET /v3/marketing/singlesends': (request) => {
      const all = [...state.singleSends.values()].map((send) => ({
        ...send,
        abtest: null,
        is_abtest: false,
      }));
      const { shown, metadata } = page(request, all, 50);
      return { status: 200, body: { result: shown, _metadata: metadata } };
    },
    'GET /v3/marketing/singlesends/{id}': ({ params }) => {
      const send = state.singleSends.get(params.id ?? '');
      return send === undefined ? sendGridProblem(404) : { status: 200, body: send };
    },
    'GET /v3/marketing/stats/automations': (request) => {
      const wanted = request.query.get('automation_ids')?.split(',');
      const rows = state.automationStats
        .filter(({ id }) => wanted === undefined || wanted.includes(id))
        .map(({ id, stats }) => ({ id, aggregation: 'total', step_id: 'all', stats: { ...none, ...stats } }));
      const { shown, metadata } = page(request, rows, 25);
      return { status: 200, body: { results: shown, _metadata: metadata } };
    },
    'GET /v3/marketing/stats/singlesends': (request) => {
      const wanted = request.query.get('singlesend_ids')?.split(',');
      const rows = state.stats
        .filter(({ id }) => wanted === undefined || wanted.includes(id))
        .map(({ id, stats }) => ({
          id,
          ab_variation: id,
          ab_phase: 'all',
          aggregation: 'total',
          stats: { ...none, ...stats },
        }));
      const { shown, metadata } = page(request, rows, 25);
      return { status: 200, body: { results: shown, _metadata: metadata } };
    },
    'PUT /v3/marketing/singlesends/{id}/schedule': ({ params, body }) => {
      const send = state.singleSends.get(params.id ?? '');
      if (send === undefined) return sendGridProblem(404);
      const { send_at } = body as { send_at: string };
      const at = send_at === 'now' ? state.time() : send_at;
      if (Date.parse(at) < state.seconds() * 1000)
        return sendGridProblem(400, 'send_at is in the past', 'send_at');
      send.status = 'scheduled';
      send.send_at = at;
      send.updated_at = state.time();
      return { status: 201, body: { send_at: at, status: 'scheduled' } };
    },
  };
}

/** Counts that a row of statistics must have. */
const none = Object.fromEntries(
  [
    ...['bounce_drops', 'bounces', 'clicks', 'delivered', 'invalid_emails', 'opens', 'requests'],
    ...['spam_report_drops', 'spam_reports', 'unique_clicks', 'unique_opens', 'unsubscribes'],
  ].map((name) => [name, 0]),
);

/** Pages by a token that is opaque to a client; `count` is of everything. */
function page<T>(request: OperationRequest, rows: readonly T[], most: number) {
  const size = Number(request.query.get('page_size') ?? most);
  const from = Number(Buffer.from(request.query.get('page_token') ?? '', 'base64url').toString() || 0);
  const at = (offset: number) => {
    const url = new URL(request.path, `http://${request.headers.host}`);
    for (const [name, value] of request.query) url.searchParams.set(name, value);
    url.searchParams.set('page_token', Buffer.from(String(offset)).toString('base64url'));
    return url.href;
  };
  const metadata = {
    self: at(from),
    count: rows.length,
    ...(from > 0 && { prev: at(Math.max(0, from - size)) }),
    ...(from + size < rows.length && { next: at(from + size) }),
  };
  return { shown: rows.slice(from, from + size), metadata };
}

function suppressions(state: SendGridState): Record<string, Handler> {
  const listed = (kind: SuppressionKind): Handler => {
    return ({ query }): VendorAnswer => {
      const from = Number(query.get('start_time') ?? 0);
      const to = Number(query.get('end_time') ?? Number.POSITIVE_INFINITY);
      const email = query.get('email') ?? '';
      const offset = Number(query.get('offset') ?? 0);
      const pattern = new RegExp(`^${email.split('%').map(RegExp.escape).join('.*')}`, 'i');
      const met = state.suppressions[kind]
        .filter((each) => each.created >= from && each.created <= to && pattern.test(each.email))
        .toSorted((a, b) => b.created - a.created);
      return { status: 200, body: met.slice(offset, offset + Number(query.get('limit') ?? 500)) };
    };
  };
  const { unsubscribes } = state.suppressions;
  const find = (email = '') => unsubscribes.findIndex((each) => each.email === email.toLowerCase());
  return {
    'GET /v3/suppression/bounces': listed('bounces'),
    'GET /v3/suppression/blocks': listed('blocks'),
    'GET /v3/suppression/invalid_emails': listed('invalid_emails'),
    'GET /v3/suppression/spam_reports': listed('spam_reports'),
    'GET /v3/suppression/unsubscribes': listed('unsubscribes'),
    'POST /v3/asm/suppressions/global': ({ body }) => {
      const { recipient_emails } = body as { recipient_emails: string[] };
      const emails = recipient_emails.map((email) => email.toLowerCase());
      for (const email of emails) if (find(email) < 0) unsubscribes.push({ email, created: state.seconds() });
      return { status: 201, body: { recipient_emails: emails } };
    },
    'GET /v3/asm/suppressions/global/{email}': ({ params }) => {
      const found = unsubscribes[find(params.email)];
      return { status: 200, body: found ? { recipient_email: found.email } : {} };
    },
    'DELETE /v3/asm/suppressions/global/{email}': ({ params }) => {
      const index = find(params.email);
      if (index >= 0) unsubscribes.splice(index, 1);
      return { status: 204 };
    },
  };
}
