import type { AskOptions, Seen } from '../system.ts';
import type { AnySystem, AnyValues } from './domain.ts';

export type AnySeen = Seen<AnyValues>;

/** The vendor's id of what was seen. */
export function idOf(seen: Seen<unknown>): string {
  return seen.kind === 'record' ? seen.record.id : seen.id;
}

/** Reads records by one key in as many calls as the vendor needs for them, one after another. */
export async function readByKey(
  system: AnySystem,
  type: string,
  by: string,
  values: readonly string[],
  options: AskOptions,
): Promise<readonly AnySeen[]> {
  const batch = system.capabilities.types[type]?.batch ?? 1;
  const seen: AnySeen[] = [];
  for (let start = 0; start < values.length; start += batch) {
    seen.push(...(await system.read(type, { by, values: values.slice(start, start + batch) }, options)));
  }
  return seen;
}

/**
 * Reads records by the vendor's ids: what the vendor left out is gone. Where two records were merged, it may answer one
 * under another id than it was asked for.
 */
export async function readByIds(
  system: AnySystem,
  type: string,
  ids: readonly string[],
  options: AskOptions,
): Promise<readonly AnySeen[]> {
  const seen = await readByKey(system, type, 'id', ids, options);
  const answered = new Set(seen.map(idOf));
  const gone = ids.filter((id) => !answered.has(id)).map((id): AnySeen => ({ kind: 'gone', id }));
  return [...seen, ...gone];
}
