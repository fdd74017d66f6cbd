import type { Reply } from '#gateway/transports/site.ts';
import type { SidebarQuery, UsageWindow } from '../__generated__/operations.ts';

export type SidebarAccount = NonNullable<SidebarQuery['account']>;
export type SidebarContact = SidebarAccount['contacts']['nodes'][number];

/** What the sidebar is drawn from, on the server and in the browser alike. */
export interface SidebarGiven {
  readonly account: SidebarAccount;
  readonly errors: Reply['errors'];
  readonly sources: Reply['sources'];
  readonly window: UsageWindow;
  /** For reading it again, where it was opened with a pass. */
  readonly pass: string | undefined;
  /** Undefined where the gateway has no events to follow it by. */
  readonly live: LiveStart | undefined;
  /** When it was read, RFC 3339. */
  readonly readAt: string;
}

/** Where events went on before the sidebar was read. */
export interface LiveStart {
  /** Undefined where the bus could not say, so that it is followed from whenever that begins. */
  readonly after: string | undefined;
}

/** Usage windows that can be chosen, by the word for them in the address. */
export const windows: readonly {
  readonly days: string;
  readonly window: UsageWindow;
  readonly interval: 'DAY' | 'WEEK';
}[] = [
  { days: '30', window: 'LAST_30_DAYS', interval: 'DAY' },
  { days: '90', window: 'LAST_90_DAYS', interval: 'WEEK' },
  { days: '365', window: 'LAST_365_DAYS', interval: 'WEEK' },
];
