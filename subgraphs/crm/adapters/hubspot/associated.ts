import type { AskOptions } from '#chassis/vendor/system.ts';
import { type Account, asking } from './account.ts';
import { shapes } from './answers.ts';
import type { Values } from './codec.ts';
import type { Found } from './fields.ts';
import { type ObjectRecord, objects, type Reference } from './objects.ts';

/** A record with thousands of associations of one kind has a primary one nearly always on the first page of 500. */
const mostPages = 10;

/** What records refer to by associations: the values of those fields, by the id of the record. */
export async function referencesOf(
  account: Account,
  type: ObjectRecord,
  found: readonly Found[],
  options: AskOptions,
): Promise<ReadonlyMap<string, Values>> {
  const values = new Map<string, Record<string, string | null>>();
  const ids = found.map(({ id }) => id);
  for (const id of ids) values.set(id, {});
  for (const reference of objects[type].references) {
    const ends = await endsOf(account, type, reference, ids, options);
    for (const id of ids)
      Object.assign(values.get(id) as object, { [reference.field]: ends.get(id) ?? null });
  }
  return values;
}

/**
 * The one record that each refers to: the primary one, or where nobody made one primary that with the lowest id, so that
 * it is always the same.
 */
async function endsOf(
  { sdk }: Account,
  type: ObjectRecord,
  { type: to, primaryTypeId }: Reference,
  ids: readonly string[],
  options: AskOptions,
): Promise<ReadonlyMap<string, string>> {
  const ends = new Map<string, { readonly id: string; readonly isPrimary: boolean }>();
  let inputs: { id: string; after?: string }[] = ids.map((id) => ({ id }));
  for (let page = 0; inputs.length > 0 && page < mostPages; page += 1) {
    const { results } = await sdk(asking(options), shapes.associations, ({ associations }) =>
      associations.getPage(objects[type].name, objects[to].name, { inputs: inputs as never }),
    );
    inputs = [];
    // A record without associations is said to be an error, and is none.
    for (const { _from: from, to: found, paging } of results) {
      for (const { toObjectId, associationTypes } of found) {
        const end = {
          id: String(toObjectId),
          isPrimary: associationTypes.some(({ typeId }) => typeId === primaryTypeId),
        };
        const known = ends.get(from.id);
        if (known === undefined || isBefore(end, known)) ends.set(from.id, end);
      }
      const after = paging?.next?.after;
      if (after !== undefined && !ends.get(from.id)?.isPrimary) inputs.push({ id: from.id, after });
    }
  }
  return new Map([...ends].map(([id, end]) => [id, end.id]));
}

interface End {
  readonly id: string;
  readonly isPrimary: boolean;
}

function isBefore(one: End, other: End): boolean {
  if (one.isPrimary !== other.isPrimary) return one.isPrimary;
  return BigInt(one.id) < BigInt(other.id);
}
