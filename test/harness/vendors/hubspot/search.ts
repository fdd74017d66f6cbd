import { objectAnswer } from './answers.ts';
import { type Call, type Route, readScope } from './calls.ts';
import type { Clock } from './clock.ts';
import { invalidRequest, notModelled } from './errors.ts';
import { readModel } from './models.ts';
import type { PortalState } from './portal.ts';
import type { StoredRecord } from './records.ts';
import { type ObjectType, objectTypeOf, type PropertyType } from './schema.ts';

const bounds = { defaultLimit: 10, limit: 200, results: 10_000, groups: 5, filtersOfGroup: 6, filters: 18 };

interface Filter {
  readonly propertyName: string;
  readonly operator: string;
  readonly value?: string;
  readonly highValue?: string;
  readonly values?: readonly string[];
}

interface SearchRequest {
  readonly filterGroups?: readonly { readonly filters: readonly Filter[] }[];
  readonly sorts?: readonly (string | { readonly propertyName?: string; readonly direction?: string })[];
  readonly properties?: readonly string[];
  readonly limit?: number;
  readonly after?: string;
  readonly query?: string;
}

/** What two values of a type are compared by: times by milliseconds however they are written, text in any case. */
function comparable(type: PropertyType, value: string): number | string {
  if (type === 'number') return Number(value);
  if (type === 'date' || type === 'datetime')
    return /^-?\d+$/.test(value) ? Number(value) : Date.parse(value);
  return value.toLowerCase();
}

function compare(type: PropertyType, one: string, other: string): number {
  const [left, right] = [comparable(type, one), comparable(type, other)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function given(filter: Filter, key: 'value' | 'highValue'): string {
  const value = filter[key];
  if (value === undefined) throw invalidRequest(`operator ${filter.operator} requires a ${key}`);
  return value;
}

function givenValues(filter: Filter): readonly string[] {
  if (filter.values === undefined || filter.values.length === 0) {
    throw invalidRequest(`operator ${filter.operator} requires values`);
  }
  return filter.values;
}

/** A filter as a question to the value of a record, undefined where the record has none. */
function test(filter: Filter, type: PropertyType): (value: string | undefined) => boolean {
  const against = (matches: (order: number) => boolean) => {
    const value = given(filter, 'value');
    return (held: string | undefined) => held !== undefined && matches(compare(type, held, value));
  };
  switch (filter.operator) {
    case 'EQ':
      return against((order) => order === 0);
    case 'NEQ':
      return against((order) => order !== 0);
    case 'LT':
      return against((order) => order < 0);
    case 'LTE':
      return against((order) => order <= 0);
    case 'GT':
      return against((order) => order > 0);
    case 'GTE':
      return against((order) => order >= 0);
    case 'BETWEEN': {
      const [low, high] = [given(filter, 'value'), given(filter, 'highValue')];
      return (held) => held !== undefined && compare(type, held, low) >= 0 && compare(type, held, high) <= 0;
    }
    case 'IN': {
      const values = givenValues(filter);
      return (held) => held !== undefined && values.some((value) => compare(type, held, value) === 0);
    }
    case 'NOT_IN': {
      const values = givenValues(filter);
      return (held) => held !== undefined && values.every((value) => compare(type, held, value) !== 0);
    }
    case 'HAS_PROPERTY':
      return (held) => held !== undefined;
    case 'NOT_HAS_PROPERTY':
      return (held) => held === undefined;
    default:
      throw notModelled(`the operator ${filter.operator}`);
  }
}

function typeOfProperty({ schema }: PortalState, type: ObjectType, name: string): PropertyType {
  const definition = schema.properties[type].get(name);
  if (definition === undefined) throw invalidRequest(`Property "${name}" does not exist`);
  return definition.type;
}

function matcher(state: PortalState, type: ObjectType, groups: NonNullable<SearchRequest['filterGroups']>) {
  const filters = groups.flatMap((group) => group.filters);
  if (groups.length > bounds.groups || filters.length > bounds.filters) {
    throw invalidRequest(
      `A search takes ${bounds.groups} filterGroups and ${bounds.filters} filters at most.`,
    );
  }
  if (groups.some((group) => group.filters.length > bounds.filtersOfGroup)) {
    throw invalidRequest(`A filterGroup takes ${bounds.filtersOfGroup} filters at most.`);
  }
  const tests = groups.map((group) =>
    group.filters.map((filter) => ({
      name: filter.propertyName,
      holds: test(filter, typeOfProperty(state, type, filter.propertyName)),
    })),
  );
  return ({ properties }: StoredRecord) =>
    tests.length === 0 || tests.some((group) => group.every(({ name, holds }) => holds(properties[name])));
}

function order(state: PortalState, type: ObjectType, sorts: NonNullable<SearchRequest['sorts']>) {
  const [sort, ...more] = sorts;
  if (more.length > 0) throw invalidRequest('Only one sort is supported.');
  if (sort === undefined) return () => 0;
  const asked =
    typeof sort === 'string'
      ? { propertyName: sort.replace(/^-/, ''), direction: sort.startsWith('-') ? 'DESCENDING' : 'ASCENDING' }
      : { direction: 'ASCENDING', ...sort };
  const name = asked.propertyName ?? '';
  const ofType = typeOfProperty(state, type, name);
  const sign = asked.direction === 'DESCENDING' ? -1 : 1;
  /* What has no value comes last, whichever way. */
  return ({ properties: one }: StoredRecord, { properties: other }: StoredRecord) => {
    const [left, right] = [one[name], other[name]];
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    return sign * compare(ofType, left, right);
  };
}

function pageOf({ limit = bounds.defaultLimit, after = '0' }: SearchRequest) {
  if (!Number.isInteger(limit) || limit < 1 || limit > bounds.limit) {
    throw invalidRequest(`limit must be a number from 1 to ${bounds.limit}: ${limit}`);
  }
  if (!/^\d+$/.test(after)) throw invalidRequest(`Invalid paging offset: ${after}`);
  const from = Number(after);
  if (from + limit > bounds.results) {
    throw invalidRequest(
      `A search reaches its first ${bounds.results} results only: after ${from} with limit ${limit} is beyond.`,
    );
  }
  return { from, limit };
}

/** `POST /crm/v3/objects/{objectType}/search`. Its index lags behind the records by `lag` milliseconds. */
export function searchRoutes(state: PortalState, clock: Clock, lag: number): Route[] {
  const typeOf = ({ params }: Call) => objectTypeOf(params.objectType ?? '');
  return [
    {
      method: 'POST',
      path: '/crm/v3/objects/:objectType/search',
      scopes: (call) => [readScope(typeOf(call))],
      isSearch: true,
      handle: (call) => {
        const type = typeOf(call);
        const request = readModel<SearchRequest>('PublicObjectSearchRequest', call.body);
        if (request.query !== undefined) throw notModelled('a search by query');
        const { from, limit } = pageOf(request);
        const found = (lag === 0 ? state.records.all(type) : state.records.asOf(type, clock.now() - lag))
          .filter(matcher(state, type, request.filterGroups ?? []))
          .toSorted(order(state, type, request.sorts ?? []));
        const next = from + limit < found.length ? { paging: { next: { after: String(from + limit) } } } : {};
        const results = found
          .slice(from, from + limit)
          .map((record) => objectAnswer(state, record, request.properties));
        return { status: 200, body: { total: found.length, results, ...next } };
      },
    },
  ];
}
