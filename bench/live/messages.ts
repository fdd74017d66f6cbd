/** What the processes of this measurement say to each other, beside what every contender says. */

/** To the gateway: change leads, so many and so many a second. */
export interface MoveLeads {
  readonly kind: 'move';
  readonly count: number;
  readonly perSecond: number;
}

export interface Moved {
  readonly kind: 'moved';
  readonly seconds: number;
  /** What the gateway did meanwhile. */
  readonly events: number;
  readonly executions: number;
  readonly messages: number;
  /** User and system time of the whole process. */
  readonly cpuSeconds: number;
}

/** To the clients. */
export type ClientOrder =
  /** Open so many more connections; each subscribes once where it is told what to. */
  | { readonly kind: 'connect'; readonly count: number }
  /** Count from zero. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'tell' }
  | { readonly kind: 'disconnect' };

export interface ClientsTold {
  readonly kind: 'told';
  readonly open: number;
  readonly received: number;
  readonly errors: number;
  /** Milliseconds from the event's time to the client. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** By `Date.now()`. */
  readonly firstAt: number;
  readonly lastAt: number;
}
