import { z } from 'zod';
import type { AskOptions, ChangePage, RecordKey, Seen, VendorRecord } from '#chassis/vendor/system.ts';
import { readCursor } from '../cursor.ts';
import type { SuppressionRecord } from '../email.ts';
import { type SendgridClient, vendor } from './client.ts';
import type { SendgridMapping, SuppressionList } from './mapping.ts';
import { suppressionsShape } from './shapes.ts';
import { suppressionId } from './webhook.ts';

/** The most lines that SendGrid shows at once. */
export const suppressionsPerPage = 500;
/** Addresses in one read: each is asked for in every list by itself. */
export const suppressionsPerRead = 10;

export interface SuppressionSource {
  readonly client: SendgridClient;
  readonly mapping: SendgridMapping;
  readonly overlapSeconds: number;
}

/** How far a list was read. All times are in seconds since 1970, by SendGrid's clock. */
const positionShape = z.object({
  /** From here on, with what is of this very second. */
  from: z.int(),
  /** So many seconds at once; null is all there is. */
  width: z.int().min(1).nullable(),
  /** Behind which all is read at once again. */
  until: z.int(),
  /** Lines of the second `from` that were read. */
  offset: z.int().min(0),
  /** When the newest line was made that was seen. */
  newest: z.int(),
});

type Position = z.output<typeof positionShape>;

const cursorShape = z.object({
  /** The list that is read next; null is the first. */
  at: z.string().nullable(),
  lists: z.record(z.string(), positionShape),
});

export const beginning: Position = { from: 0, width: null, until: 0, offset: 0, newest: 0 };

type Line = z.output<typeof suppressionsShape>[number];

/**
 * Suppressions by address. SendGrid finds lines whose address begins with what is asked for; others are left out.
 * @throws Error for another key, or too many values
 */
export async function readSuppressions(
  { client, mapping }: SuppressionSource,
  { by, values }: RecordKey,
  ask: AskOptions,
): Promise<readonly Seen<SuppressionRecord>[]> {
  // Of what is asked for by id and not answered it is said that it is gone, which would be a lie.
  if (by !== 'address') throw new Error(`sendgrid has no suppressions by "${by}".`);
  if (values.length > suppressionsPerRead) {
    throw new RangeError(`${values.length} values in one read: sendgrid takes ${suppressionsPerRead}.`);
  }
  const wanted = new Set(values.map((address) => address.toLowerCase()));
  const found = await Promise.all(
    listsOf(mapping).flatMap(({ list, reason }) =>
      [...wanted].map(async (email) => {
        const lines = await readLines(client, list, { email }, ask);
        return lines
          .filter((line) => line.email.toLowerCase() === email)
          .map((line) => suppressionOf(line, reason));
      }),
    ),
  );
  return seenOf(found.flat());
}

/**
 * One page of one list after the other, oldest first. SendGrid pages by numbers of lines, newest first, which move while
 * somebody is added or taken away: so a stretch of time is read that fits into one page, half as long where it does
 * not. Only a single second that holds more than a page is read by numbers. At the end for now a list goes back by
 * `overlapSeconds` from the newest line, since SendGrid may show a line later than its time says; no clock of ours is in it.
 */
export async function suppressionChanges(
  { client, mapping, overlapSeconds }: SuppressionSource,
  since: string | null,
  ask: AskOptions,
): Promise<ChangePage<SuppressionRecord>> {
  const { at, lists } = since === null ? { at: null, lists: {} } : readCursor(vendor, since, cursorShape);
  const told = listsOf(mapping);
  // A list that the mapping has no reason for any more is read no more; a new one from its beginning.
  const index = Math.max(
    0,
    told.findIndex(({ list }) => list === at),
  );
  const current = told[index];
  if (current === undefined) return { seen: [], next: JSON.stringify({ at: null, lists }), more: false };
  const { list, reason } = current;
  const position = (Object.hasOwn(lists, list) ? lists[list] : undefined) ?? beginning;
  const { from, width, offset } = position;
  const query = { start_time: from, end_time: width === null ? undefined : from + width - 1, offset };
  const lines = await readLines(client, list, query, ask);
  const step = stepFrom(position, lines, overlapSeconds);
  const following = step.done ? (told[index + 1]?.list ?? null) : list;
  const next = { at: following, lists: { ...lists, [list]: step.position } };
  const seen = step.read ? seenOf(lines.map((line) => suppressionOf(line, reason))) : [];
  return { seen, next: JSON.stringify(next), more: following !== null };
}

interface Step {
  readonly position: Position;
  /** Whether the lines are all of their stretch, and count. */
  readonly read: boolean;
  /** Whether the list is at its end for now. */
  readonly done: boolean;
}

/** Where a list is read on, given what came. */
export function stepFrom(
  position: Position,
  lines: readonly Pick<Line, 'created'>[],
  overlapSeconds: number,
): Step {
  const { from, width } = position;
  const newest = Math.max(position.newest, ...lines.map(({ created }) => Math.floor(created)));
  const isFull = lines.length >= suppressionsPerPage;
  if (isFull && width === 1) {
    const offset = position.offset + suppressionsPerPage;
    return { position: { ...position, newest, offset }, read: true, done: false };
  }
  if (isFull) {
    const stretch = width ?? newest - from + 1;
    const until = Math.max(position.until, newest);
    return {
      position: { ...position, newest, until, width: Math.max(1, Math.floor(stretch / 2)) },
      read: false,
      done: false,
    };
  }
  if (width === null) {
    const back = Math.max(0, newest - overlapSeconds);
    return { position: { ...beginning, from: back, newest }, read: true, done: true };
  }
  const beyond = from + width;
  const wider = lines.length * 4 < suppressionsPerPage ? width * 2 : width;
  return {
    position: { ...position, newest, from: beyond, offset: 0, width: beyond > position.until ? null : wider },
    read: true,
    done: false,
  };
}

async function readLines(
  client: SendgridClient,
  list: SuppressionList,
  query: Readonly<Record<string, string | number | undefined>>,
  ask: AskOptions,
): Promise<readonly Line[]> {
  const { body } = await client.request(
    {
      method: 'GET',
      path: `/v3/suppression/${list}`,
      query: { ...query, limit: suppressionsPerPage },
      answer: suppressionsShape,
      endpoint: 'suppressions',
    },
    ask,
  );
  return body;
}

/** The lists that are reasons not to write to somebody. */
export function listsOf({ suppressions }: SendgridMapping) {
  const lists = Object.entries(suppressions) as [
    SuppressionList,
    SendgridMapping['suppressions'][SuppressionList],
  ][];
  return lists.flatMap(([list, reason]) => (reason === 'none' ? [] : [{ list, reason }]));
}

function suppressionOf(
  { email, created }: Line,
  reason: SuppressionRecord['reason'],
): VendorRecord<SuppressionRecord> {
  const address = email.toLowerCase();
  const at = new Date(created * 1_000).toISOString();
  return {
    id: suppressionId(reason, address),
    externalId: null,
    values: { reason, suppressedAt: at, recipientId: null, address },
    createdAt: at,
    changedAt: at,
  };
}

/** Oldest first; of two lines of one address for one reason the later. */
function seenOf(records: readonly VendorRecord<SuppressionRecord>[]): readonly Seen<SuppressionRecord>[] {
  const byTime = (a: VendorRecord<unknown>, b: VendorRecord<unknown>) =>
    Date.parse(a.changedAt) - Date.parse(b.changedAt);
  const latest = new Map(records.toSorted(byTime).map((record) => [record.id, record]));
  return [...latest.values()].toSorted(byTime).map((record) => ({ kind: 'record', record }));
}
