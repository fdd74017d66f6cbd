import { InvalidCursor } from '../port.ts';
import type { Extent, Page, PageReader } from '../ranges.ts';
import { type Link, type Session, unavailable } from './link.ts';
import type { Names } from './names.ts';
import { type Message, openPull, type Pull } from './pull.ts';

const pageRows = 500;
/** While nothing comes it is noted this often how far there was nothing, so that trimming that is no gap. */
const idleMs = 5_000;

/** A page, and how many messages of the server it took. */
interface Filled extends Page {
  readonly messages: number;
}

/** One consumer on the server, with what it has brought and nobody has read. */
interface Filling {
  readonly pull: Pull;
  readonly streamId: string;
  readonly pages: Filled[];
  readonly over: AbortController;
  /** Where the next page that is read begins. */
  at: number;
  failure?: Error;
  tell: () => void;
}

/** Reads one tenant's events; the server leaves out those of others. */
export function openTenantReader(
  link: Link,
  names: Names,
  tenant: string,
  types: readonly string[] | undefined,
): PageReader {
  const filter = names.tenant(tenant);
  let streamId: string | undefined;
  let filling: Filling | undefined;

  async function start(after: number): Promise<Filling> {
    const session = link.session();
    streamId ??= session.streamId;
    if (session.streamId !== streamId) {
      throw new InvalidCursor('The stream of events was made anew. Begin at a time or at the oldest event.');
    }
    const pull = await openPull(session, { stream: names.events, filter, from: { seq: after + 1 } }).catch(
      (error: unknown) => {
        throw unavailable(error);
      },
    );
    const made: Filling = {
      pull,
      streamId,
      pages: [],
      over: new AbortController(),
      at: after,
      tell: () => {},
    };
    void fill(made, session).catch((error: unknown) => {
      made.failure = unavailable(error);
      made.tell();
    });
    return made;
  }

  /** Makes pages of what comes, and empty ones of how far there was nothing. */
  async function fill(into: Filling, session: Session): Promise<void> {
    const { pull, over } = into;
    let scannedTo = into.at;
    let isAtEnd = false;
    while (!over.signal.aborted) {
      if (isAtEnd) await pull.arrived({ signal: over.signal, withinMs: idleMs });
      const messages = pull.take(pageRows);
      // Asked after they came: whatever was trimmed before they could be sent shows in it.
      const extent = await extentOf(session, names.events);
      if (messages.length === 0 && !(await pull.isDrained())) {
        await pull.arrived({ signal: over.signal, withinMs: idleMs });
        continue;
      }
      for (const part of unbroken(messages, scannedTo, extent)) add(into, part, scannedTo, extent);
      scannedTo = messages.at(-1)?.seq ?? Math.max(extent.last, scannedTo);
      isAtEnd = scannedTo >= extent.last;
      into.tell();
    }
  }

  function add({ pages }: Filling, { messages, isGap }: Part, before: number, extent: Extent): void {
    const rows = messages
      .filter(({ subject }) => types === undefined || types.includes(names.typeOf(subject)))
      .map(({ seq, msg }) => ({ position: seq, json: msg.string() }));
    const first = messages[0]?.seq ?? Number.POSITIVE_INFINITY;
    const page = {
      rows,
      messages: messages.length,
      scannedTo: messages.at(-1)?.seq ?? Math.max(extent.last, before),
      trimmedTo: isGap ? Math.min(extent.trimmedTo, first - 1) : 0,
      last: extent.last,
    };
    const previous = pages.at(-1);
    if (previous && rows.length === 0 && previous.rows.length === 0) {
      pages[pages.length - 1] = {
        ...page,
        messages: previous.messages + page.messages,
        trimmedTo: Math.max(previous.trimmedTo, page.trimmedTo),
      };
    } else {
      pages.push(page);
    }
  }

  async function told(waiting: Filling, signal?: AbortSignal): Promise<void> {
    if (waiting.pages.length > 0 || waiting.failure || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        waiting.tell = () => {};
        signal?.removeEventListener('abort', settle);
        resolve();
      };
      waiting.tell = settle;
      signal?.addEventListener('abort', settle);
    });
  }

  function stop(): void {
    filling?.over.abort();
    filling?.pull.close();
    filling = undefined;
  }

  return {
    page: async (after, to = Number.POSITIVE_INFINITY) => {
      if (filling?.at !== after) stop();
      filling ??= await start(after);
      const current = filling;
      await told(current);
      const page = current.pages.shift();
      if (page === undefined) {
        stop();
        throw current.failure;
      }
      current.pull.grant(page.messages);
      current.at = Math.max(page.scannedTo, page.trimmedTo);
      return { ...page, rows: page.rows.filter(({ position }) => position <= to) };
    },
    news: async (_, signal) => {
      if (filling) await told(filling, signal);
    },
    close: stop,
  };
}

/** Messages behind which, and between which, none can have been trimmed unread; `isGap`: before them one can. */
interface Part {
  readonly messages: readonly Message[];
  readonly isGap: boolean;
}

/** Between two messages that are not next to each other one of this tenant was lost only where trimming has come so far. */
export function unbroken(
  messages: readonly Message[],
  after: number,
  { trimmedTo }: Pick<Extent, 'trimmedTo'>,
): readonly Part[] {
  if (messages.length === 0) return [{ messages, isGap: trimmedTo > after }];
  const parts: { messages: Message[]; isGap: boolean }[] = [];
  let before = after;
  for (const message of messages) {
    const isGap = message.seq > before + 1 && trimmedTo > before;
    if (isGap || parts.length === 0) parts.push({ messages: [], isGap });
    parts.at(-1)?.messages.push(message);
    before = message.seq;
  }
  return parts;
}

/** Where the stream begins and ends now. */
export async function extentOf({ jsm }: Session, stream: string): Promise<Extent> {
  const { first_seq, last_seq } = (await jsm.streams.info(stream)).state;
  const trimmedTo = Math.max(first_seq - 1, 0);
  return { trimmedTo, last: Math.max(last_seq, trimmedTo) };
}
