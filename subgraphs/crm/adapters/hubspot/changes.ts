import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/objects/index.js';
import { z } from 'zod';
import type { AskOptions, ChangePage, Seen } from '#chassis/vendor/system.ts';
import { type Account, asking } from './account.ts';
import { shapes } from './answers.ts';
import type { Values } from './codec.ts';
import type { Found } from './fields.ts';
import { type ObjectRecord, objects } from './objects.ts';
import { seenOf } from './read.ts';

/**
 * Where the next page begins. Every page is the first of a search of its own, so that HubSpot's 10,000 results of one
 * search are never reached, and nothing is left out when records move to the end while they are read.
 *
 * HubSpot sorts by one property, so that records that changed at the same moment come in any order. A page that ends
 * among such is followed by one that begins with all of them again; where they fill a whole page, they are read by
 * ascending id, and then those that changed later.
 */
const seekShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('from'), at: z.string() }),
  z.object({ kind: z.literal('within'), at: z.string(), id: z.string() }),
  z.object({ kind: z.literal('behind'), at: z.string() }),
  /** What was archived, listed by id: HubSpot searches and sorts it by nothing. `next` is where changes go on. */
  z.object({
    kind: z.literal('archived'),
    after: z.string().nullable(),
    began: z.string(),
    next: z.string(),
  }),
]);

const cursorShape = z.object({
  seek: seekShape,
  /** Until when archived records are known, and were looked for, by HubSpot's clock; null until changes were at an end. */
  archivedAt: z.string().nullable(),
});

type Seek = z.infer<typeof seekShape>;
type Cursor = z.infer<typeof cursorShape>;

export async function changedObjects(
  account: Account,
  type: ObjectRecord,
  since: string | null,
  options: AskOptions,
): Promise<ChangePage<Values>> {
  const cursor: Cursor =
    since === null ? { seek: { kind: 'all' }, archivedAt: null } : cursorShape.parse(JSON.parse(since));
  const { seek } = cursor;
  if (seek.kind === 'archived') {
    return archivedObjects(account, type, { seek, archivedAt: cursor.archivedAt }, options);
  }
  const { found, isLast, date } = await search(account, type, seek, options);
  const seen = await seenOf(account, type, found, options);
  const last = found.at(-1)?.properties[objects[type].modified] ?? (seek.kind === 'all' ? null : seek.at);
  // Without a word of HubSpot's about its clock, what came last is how far it is known to have gone.
  const now = date ?? (last === null ? null : Date.parse(last));
  if (now === null) return { seen, next: JSON.stringify(cursor), more: false };
  // What was archived before the first look began is not known here: nobody has to hear that it is gone.
  const archivedAt = cursor.archivedAt ?? isoAt(now);
  const page = (to: Seek, more: boolean) => ({
    seen,
    next: JSON.stringify({ seek: to, archivedAt } satisfies Cursor),
    more,
  });
  if (!isLast) return page(afterFull(seek, found, objects[type].modified), true);
  if (seek.kind === 'within') return page({ kind: 'behind', at: seek.at }, true);

  const { searchLagSeconds, archivedEverySeconds } = account.settings;
  const next = isoAt(now - searchLagSeconds * 1_000);
  if (now - Date.parse(archivedAt) < archivedEverySeconds * 1_000)
    return page({ kind: 'from', at: next }, false);
  return page({ kind: 'archived', after: null, began: isoAt(now), next }, true);
}

const isoAt = (milliseconds: number) => new Date(milliseconds).toISOString();

/** Where to go on behind a page that was full. */
function afterFull(
  seek: Exclude<Seek, { kind: 'archived' }>,
  found: readonly Found[],
  modified: string,
): Seek {
  const timeOf = (each: Found | undefined) => each?.properties[modified] ?? '';
  const last = found.at(-1) as Found;
  const at = timeOf(last);
  if (seek.kind === 'within') return { ...seek, id: last.id };
  return timeOf(found[0]) === at ? { kind: 'within', at, id: '0' } : { kind: 'from', at };
}

interface Searched {
  readonly found: readonly Found[];
  readonly isLast: boolean;
  /** HubSpot's clock, since its records' times are by that, whatever ours says; null where it does not tell. */
  readonly date: number | null;
}

async function search(
  { sdk, fields, pageSize }: Account,
  type: ObjectRecord,
  seek: Exclude<Seek, { kind: 'archived' }>,
  options: AskOptions,
): Promise<Searched> {
  const { name, modified } = objects[type];
  const filter = (propertyName: string, operator: FilterOperatorEnum, value: string) => ({
    propertyName,
    operator,
    value,
  });
  const time = (operator: FilterOperatorEnum, at: string) =>
    filter(modified, operator, String(Date.parse(at)));
  const filters = {
    all: () => [],
    from: ({ at }: { at: string }) => [time(FilterOperatorEnum.Gte, at)],
    behind: ({ at }: { at: string }) => [time(FilterOperatorEnum.Gt, at)],
    within: ({ at, id }: { at: string; id: string }) => [
      time(FilterOperatorEnum.Eq, at),
      filter('hs_object_id', FilterOperatorEnum.Gt, id),
    ],
  }[seek.kind](seek as { at: string; id: string });
  const { data, headers } = await sdk(asking(options, 'search'), shapes.records, (apis) =>
    apis.search.doSearchWithHttpInfo(name, {
      filterGroups: filters.length === 0 ? [] : [{ filters }],
      sorts: [seek.kind === 'within' ? 'hs_object_id' : modified],
      properties: [...fields[type].properties],
      limit: pageSize,
    }),
  );
  const said = Date.parse(headers.date ?? '');
  return {
    found: data.results as readonly Found[],
    isLast: data.paging?.next === undefined,
    date: Number.isNaN(said) ? null : said,
  };
}

async function archivedObjects(
  { sdk, pageSize }: Account,
  type: ObjectRecord,
  cursor: { readonly seek: Extract<Seek, { kind: 'archived' }>; readonly archivedAt: string | null },
  options: AskOptions,
): Promise<ChangePage<Values>> {
  const { seek } = cursor;
  const { results, paging } = await sdk(asking(options), shapes.records, (apis) =>
    apis.objects.getPage(
      objects[type].name,
      pageSize,
      seek.after ?? undefined,
      undefined,
      undefined,
      undefined,
      true,
    ),
  );
  // A second more than was looked at: the clock of an answer has no parts of one.
  const known = Date.parse(cursor.archivedAt ?? seek.began) - 1_000;
  const gone = results
    .filter(({ archivedAt }) => archivedAt === undefined || archivedAt.getTime() >= known)
    .map(({ id }): Seen<Values> => ({ kind: 'gone', id }));
  const after = paging?.next?.after;
  const next: Cursor =
    after !== undefined
      ? { ...cursor, seek: { ...seek, after } }
      : { seek: { kind: 'from', at: seek.next }, archivedAt: seek.began };
  return { seen: gone, next: JSON.stringify(next), more: after !== undefined };
}
