import { expect, onTestFinished } from 'vitest';
import type { Seen } from '#chassis/vendor/system.ts';
import type { CrmType } from '#subgraphs/crm/adapters/crm.ts';
import { type HubspotPlace, type HubspotPlaceOptions, openHubspotPlace } from './hubspot-place.ts';

/** A place for one test. */
export async function hubspotForTest(options: HubspotPlaceOptions = {}): Promise<HubspotPlace> {
  const place = await openHubspotPlace(options);
  onTestFinished(place.close);
  return place;
}

export const options = () => ({ urgency: 'sync', signal: AbortSignal.timeout(20_000) }) as const;
export const pushOptions = () => ({ idempotencyKey: 'event', signal: AbortSignal.timeout(20_000) });
export const byId = (...values: string[]) => ({ by: 'id', values });

export const company = (portal: HubspotPlace['hubspot']['portal'], values = {}) =>
  portal.seed('companies', { name: 'Buyer', ...values });

/** All changes from a cursor to the end of what there is. */
export async function walk({ system }: HubspotPlace, type: CrmType, since: string | null = null) {
  const seen: Seen<object>[] = [];
  let cursor = since;
  for (let more = true; more; ) {
    const page = await system.changes(type, cursor, options());
    seen.push(...page.seen);
    ({ next: cursor, more } = page);
  }
  return { seen, ids: seen.map((one) => (one.kind === 'record' ? one.record.id : one.id)), cursor };
}

export function onlyRecord(seen: readonly Seen<object>[]) {
  expect(seen).toHaveLength(1);
  const [one] = seen;
  if (one?.kind !== 'record') throw new Error(`This is no record: ${JSON.stringify(one)}`);
  return one.record;
}
