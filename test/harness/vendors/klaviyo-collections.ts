import { allowedFilters, FilterError, meets, readFilter } from './klaviyo-filter.ts';
import { klaviyoProblem } from './klaviyo-problems.ts';
import type { KlaviyoProfile, KlaviyoResource, KlaviyoState } from './klaviyo-state.ts';
import { klaviyoTime } from './klaviyo-state.ts';
import type { Handler, OperationRequest } from './spec-server.ts';
import type { VendorAnswer } from './specification.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** A record as a collection filters, sorts and shows it. */
interface Row {
  readonly id: string;
  readonly type: string;
  readonly attributes: Attributes;
  readonly relationships?: Attributes;
  /** What a filter or a sort may ask for beside id and attributes. */
  readonly hidden?: Attributes;
}

const origin = 'https://a.klaviyo.com';

/** The handlers that read: collections with filter, sort, sparse fields and cursors. */
export function klaviyoCollections(state: KlaviyoState): Record<string, Handler> {
  return {
    'GET /api/profiles': (request) =>
      collection(
        request,
        [...state.profiles.values()].map((profile) => profileRow(profile, request)),
      ),
    'GET /api/events': (request) => {
      const rows = state.events.map(({ id, uuid, time, properties, profileId, metricId }) => ({
        id,
        type: 'event',
        attributes: {
          timestamp: Math.floor(time / 1000),
          datetime: klaviyoTime(time),
          event_properties: properties,
          uuid,
        },
        relationships: {
          profile: { data: { type: 'profile', id: profileId } },
          metric: { data: { type: 'metric', id: metricId } },
        },
        hidden: { profile_id: profileId, metric_id: metricId },
      }));
      return collection(request, rows, (shown) => included(state, shown, request));
    },
    'GET /api/metrics': (request) => collection(request, [...state.metrics.values()].map(rowOf('metric'))),
    'GET /api/lists': (request) => collection(request, state.lists.map(rowOf('list'))),
    'GET /api/flows': (request) => collection(request, state.flows.map(rowOf('flow'))),
    'GET /api/campaigns': (request) => {
      if (!/messages\.channel/.test(request.query.get('filter') ?? '')) {
        return klaviyoProblem(400, 'A channel filter is required to list campaigns.', {
          parameter: 'filter',
        });
      }
      /* The double has campaigns by email alone, and says so to other channels. */
      return collection(request, state.campaigns.map(rowOf('campaign')).map(withChannel));
    },
  };
}

/** A profile as the vendor shows it; `subscriptions` only where they are asked for. */
export function profileRow(profile: KlaviyoProfile, request: OperationRequest): Row {
  const additional = listParameter(request, 'additional-fields[profile]');
  const attributes = additional.includes('subscriptions')
    ? { ...profile.attributes, subscriptions: subscriptionsOf(profile) }
    : profile.attributes;
  return { id: profile.id, type: 'profile', attributes, hidden: { subscriptions: subscriptionsOf(profile) } };
}

export const resource = (row: Row, fields?: readonly string[]) => ({
  type: row.type,
  id: row.id,
  attributes: fields ? pick(row.attributes, fields) : row.attributes,
  ...(row.relationships && { relationships: row.relationships }),
  links: { self: `${origin}/api/${row.type}s/${row.id}/` },
});

const rowOf =
  (type: string) =>
  ({ id, attributes }: KlaviyoResource): Row => ({ id, type, attributes });
const withChannel = (row: Row): Row => ({ ...row, hidden: { 'messages.channel': 'email' } });

function subscriptionsOf({ consent, suppressions, listSuppressions }: KlaviyoProfile) {
  return {
    email: {
      marketing: {
        can_receive_email_marketing: suppressions.length === 0,
        consent: consent.status,
        consent_timestamp: consent.at,
        last_updated: consent.at,
        method: consent.method,
        method_detail: '',
        custom_method_detail: null,
        double_optin: false,
        suppression: suppressions,
        list_suppressions: listSuppressions,
      },
    },
  };
}

function collection(
  request: OperationRequest,
  rows: readonly Row[],
  include: (shown: readonly Row[]) => readonly unknown[] = () => [],
): VendorAnswer {
  const { query, operation } = request;
  try {
    const conditions = readFilter(query.get('filter'), allowedFilters(operation));
    const met = rows.filter((row) => meets(conditions, (field) => valueAt(row, field)));
    const sorted = inOrder(met, query.get('sort'));
    const { shown, next } = page(request, sorted);
    const type = rows[0]?.type;
    const fields =
      type && query.has(`fields[${type}]`) ? listParameter(request, `fields[${type}]`) : undefined;
    const beside = include(shown);
    return {
      status: 200,
      body: {
        data: shown.map((row) => resource(row, fields)),
        ...(beside.length > 0 && { included: beside }),
        links: { self: link(request), ...(next && { next: link(request, next) }) },
      },
    };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return klaviyoProblem(400, error.message, { parameter: 'filter' });
  }
}

/** The cursor is opaque to a client; here it is the place in the order, so that a page can be asked for again. */
function page(
  request: OperationRequest,
  rows: readonly Row[],
): { shown: readonly Row[]; next: string | undefined } {
  const schema = request.operation.request?.query?.find(({ name }) => name === 'page[size]')?.schema;
  /* Metrics have no page size: the description says 200. */
  const size = Number(request.query.get('page[size]') ?? schema?.default ?? 200);
  const cursor = request.query.get('page[cursor]');
  const from = cursor === null ? 0 : Number(/^next:(\d+)$/.exec(decode(cursor))?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new FilterError('The cursor is not one of ours.');
  const to = from + size;
  return { shown: rows.slice(from, to), next: to < rows.length ? encode(`next:${to}`) : undefined };
}

const encode = (text: string) => Buffer.from(text).toString('base64url');
const decode = (text: string) => Buffer.from(text, 'base64url').toString();

function link(request: OperationRequest, cursor?: string): string {
  const url = new URL(request.path, `http://${request.headers.host}`);
  for (const [name, value] of request.query) url.searchParams.append(name, value);
  if (cursor !== undefined) url.searchParams.set('page[cursor]', cursor);
  return url.href;
}

function inOrder(rows: readonly Row[], sort: string | null): readonly Row[] {
  if (sort === null) return rows;
  const field = sort.replace(/^-/, '');
  const sign = sort.startsWith('-') ? -1 : 1;
  const key = (row: Row) => valueAt(row, field) ?? '';
  return rows.toSorted((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a.id < b.id ? -1 : 1));
}

function valueAt(row: Row, path: string): string | number {
  if (path === 'id') return row.id;
  const direct = row.hidden?.[path] ?? row.attributes[path];
  if (direct !== undefined) return direct as string;
  const steps = path.split('.');
  return steps.reduce<unknown>(
    (node, step) => (Array.isArray(node) ? node[0]?.[step] : (node as Attributes | undefined)?.[step]),
    { ...row.attributes, ...row.hidden },
  ) as string;
}

function included(state: KlaviyoState, shown: readonly Row[], request: OperationRequest): unknown[] {
  const wanted = listParameter(request, 'include');
  const related = (name: string) =>
    wanted.includes(name) ? [...new Set(shown.map((row) => relatedId(row, name)))] : [];
  const metrics = related('metric').flatMap((id) => state.metrics.get(id) ?? []);
  const people = related('profile').flatMap((id) => state.profiles.get(id) ?? []);
  return [
    ...metrics.map(rowOf('metric')).map((row) => resource(row)),
    ...people.map((profile) => resource(profileRow(profile, request))),
  ];
}

const relatedId = ({ relationships }: Row, name: string) =>
  (relationships as Record<string, { data: { id: string } }>)[name]?.data.id ?? '';

export const listParameter = ({ query }: OperationRequest, name: string) =>
  query.getAll(name).flatMap((value) => value.split(','));

/** Keeps the fields that are named; `a.b` keeps b of a. */
function pick(attributes: Attributes, fields: readonly string[]): Attributes {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const inner = fields
      .filter((field) => field.startsWith(`${name}.`))
      .map((field) => field.slice(name.length + 1));
    if (fields.includes(name)) kept[name] = value;
    else if (inner.length > 0 && value) kept[name] = pick(value as Attributes, inner);
  }
  return kept;
}
