import type { Progress } from '../group/progress.ts';
import type { Extent, Page, Row, Sought } from '../ranges.ts';

/** An event as the log keeps it; its text is never read by the thread. */
export interface NewEvent {
  readonly tenant: string;
  readonly id: string;
  readonly type: string;
  readonly json: string;
}

export interface PageWanted {
  /** Events behind this position. */
  readonly after: number;
  /** Events up to this position. */
  readonly to?: number;
  /** Of this tenant; of all where it is left out. */
  readonly tenant?: string;
  readonly types?: readonly string[];
}

/** What the main thread asks of the thread that owns the file, and what it gets. */
export interface Calls {
  readonly extent: { readonly asks: null; readonly gets: Extent };
  /** One transaction. Positions in the order of the events; of a duplicate, negative, that of the event that is here. */
  readonly append: { readonly asks: readonly NewEvent[]; readonly gets: readonly number[] };
  readonly page: { readonly asks: PageWanted; readonly gets: Page };
  readonly load: { readonly asks: readonly number[]; readonly gets: readonly Row[] };
  readonly locate: { readonly asks: { readonly tenant: string; readonly id: string }; readonly gets: number };
  readonly seek: { readonly asks: number; readonly gets: Sought };
  /** The group's progress, which begins at the oldest event. */
  readonly group: { readonly asks: string; readonly gets: Progress };
  readonly record: { readonly asks: { readonly group: string } & Progress; readonly gets: null };
  readonly lag: { readonly asks: null; readonly gets: readonly (readonly [group: string, events: number])[] };
  /** Forgets a few of the events published before a time (ms), or, oldest first, beyond so many bytes. */
  readonly trim: {
    readonly asks: { readonly before: number; readonly maxBytes: number };
    readonly gets: { readonly events: number; readonly isMore: boolean };
  };
  /** Closes the file and ends the thread. */
  readonly close: { readonly asks: null; readonly gets: null };
}

export type CallName = keyof Calls;

export type Request = {
  [Name in CallName]: { readonly id: number; readonly call: Name; readonly asks: Calls[Name]['asks'] };
}[CallName];

export type Answer =
  | { readonly kind: 'opened'; readonly logId: string }
  | { readonly kind: 'unopened'; readonly message: string; readonly isLocked: boolean }
  | { readonly kind: 'answer'; readonly id: number; readonly gets: Calls[CallName]['gets'] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
