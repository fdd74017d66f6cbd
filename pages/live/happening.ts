import { words } from '../parts/words.ts';
import type { LeadUpdate } from './given.ts';

/** What an update was, for people: "Status", "New", "Working". */
export interface Happening {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What an event says of a lead, in words. One that this page was not made for has its type's name. */
export function happeningOf({ event }: LeadUpdate): Happening {
  if (event === null) return { what: 'As it is', before: null, after: null };
  if ('status' in event) return { what: 'Came in', before: null, after: said(event.status) };
  if ('statusAfter' in event) {
    return { what: 'Status', before: said(event.statusBefore), after: said(event.statusAfter) };
  }
  if ('ownerAfter' in event) {
    const [before, after] = [event.ownerBefore, event.ownerAfter].map((owner) => owner?.name ?? 'nobody');
    return { what: 'Owner', before: before ?? null, after: after ?? null };
  }
  if ('channel' in event) {
    return { what: said(event.kind) ?? 'Touch', before: null, after: said(event.channel) };
  }
  return { what: typeName(event.type), before: null, after: null };
}

/** A value that the graph does not know yet is null. */
function said(value: string | null): string | null {
  return value === null ? null : words(value);
}

/** "Lead merged" of `tributary.crm.LeadMerged.v1`. */
function typeName(type: string): string {
  const name = type.split('.').at(-2) ?? type;
  return words(name.replace(/(?<=[a-z])(?=[A-Z])/g, '_'));
}
