import type { Inbox } from './inbox.ts';
import type { Route } from './route.ts';
import type { Ending, Transport } from './transport.ts';
import type { LiveState, LiveTiming } from './types.ts';
import { wait } from './waiting.ts';

export interface AttemptParts {
  readonly query: string;
  /** Without `after`. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly inbox: Inbox;
  readonly route: Route;
  readonly timing: LiveTiming;
  /** True where events may have happened that have not come in. */
  readonly isBehind: boolean;
  readonly tell: (state: LiveState) => void;
  readonly onOpen: () => void;
  readonly signal: AbortSignal;
}

/** How an attempt has ended: as its transport says, or because of this side. */
export type AttemptEnding =
  | Ending
  /** A preferred transport can be opened again. */
  | { readonly kind: 'switched' }
  /** More came in than could be handled. */
  | { readonly kind: 'full' };

/** Nothing for so long after a connect means that what had happened meanwhile has come in. */
const quietMs = 300;

/** Runs a subscription over the transport that its route names, once. Resolves; leaves no timer. */
export async function attempt(parts: AttemptParts): Promise<AttemptEnding> {
  const { inbox, route, timing, tell, signal } = parts;
  const transport = route.current();
  const over = new AbortController();
  const running = AbortSignal.any([signal, over.signal]);
  let ownEnding: AttemptEnding | undefined;
  let isOpen = false;
  let isBehind = parts.isBehind;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const endWith = (ending: AttemptEnding) => {
    ownEnding ??= ending;
    over.abort();
  };
  const settle = () => {
    if (!isOpen || !isBehind) return;
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      isBehind = false;
      tell({ phase: 'live', transport: transport.name });
    }, quietMs);
  };

  tell({ phase: 'connecting', transport: transport.name });
  const upgrading = upgrade(route, timing, running, () => endWith({ kind: 'switched' }));
  const ending = await transport.run({
    query: parts.query,
    variables: () => withAfter(parts, inbox.cursor()),
    cursor: inbox.cursor,
    opened: () => {
      if (isOpen || running.aborted) return;
      isOpen = true;
      parts.onOpen();
      tell({ phase: isBehind ? 'catching-up' : 'live', transport: transport.name });
      settle();
    },
    result: (result) => {
      if (running.aborted) return;
      settle();
      if (!inbox.take(result)) endWith({ kind: 'full' });
    },
    position: (cursor) => {
      if (!running.aborted) inbox.note(cursor);
    },
    drained: inbox.drained,
    signal: running,
  });
  over.abort();
  clearTimeout(quiet);
  await upgrading;
  return ownEnding ?? ending;
}

/** Whether an operation resumes: it declares the variable that a cursor is given in. */
export function resumes(query: string): boolean {
  return /\$after\s*:/.test(query);
}

function withAfter({ query, variables }: AttemptParts, after: string | undefined) {
  return after === undefined || !resumes(query) ? variables : { ...variables, after };
}

/** While a fallback runs, looks from time to time whether a preferred transport can be opened, and takes it. */
async function upgrade(
  route: Route,
  { upgradeMs }: LiveTiming,
  signal: AbortSignal,
  done: () => void,
): Promise<void> {
  while (route.better().length > 0) {
    await wait(upgradeMs, signal);
    if (signal.aborted) return;
    const found = await firstOpen(route.better(), signal);
    if (signal.aborted) return;
    if (found !== undefined) {
      route.take(found);
      done();
      return;
    }
  }
}

async function firstOpen(
  transports: readonly Transport[],
  signal: AbortSignal,
): Promise<Transport | undefined> {
  for (const transport of transports) {
    if (transport.probe === undefined || (await transport.probe(signal))) return transport;
  }
  return undefined;
}
