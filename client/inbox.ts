import type { WireResult } from './transport.ts';
import { reasonOf } from './transport.ts';
import type { CursorStorage, LiveFailure, SubscribeOptions } from './types.ts';
import { gapOf } from './verdict.ts';

/** What has come in and is not handled yet. */
export interface Inbox {
  /** Behind everything that has come in. */
  readonly cursor: () => string | undefined;
  /** False where it is full: the connection is to be given up, and what follows is asked for again later. */
  readonly take: (result: WireResult) => boolean;
  /** Notes that nothing lies up to this cursor. */
  readonly note: (cursor: string) => void;
  /** Resolves when everything is handled. */
  readonly drained: () => Promise<void>;
  /** Begins from now, since the cursor is worth nothing. */
  readonly forget: () => Promise<void>;
}

/** So many messages may wait for a slow handler. */
const capacity = 1_000;
/** So many of the latest cursors are remembered, against a message that is sent twice. */
const remembered = 256;

type Item = { readonly kind: 'result'; readonly result: WireResult } | { readonly kind: 'note' };

/**
 * Handles results one after another, and keeps the cursor of each once it is handled: what was not handled comes again
 * after a restart.
 *
 * @param fail called once, where a handler or the storage fails; nothing is handled afterwards
 */
export function openInbox<Data>(
  { key, onMessage, onGap }: SubscribeOptions<Data>,
  storage: CursorStorage,
  start: string | undefined,
  signal: AbortSignal,
  fail: (failure: LiveFailure) => void,
): Inbox {
  const items: (Item & { readonly cursor: string | undefined })[] = [];
  const seen = new Set<string>();
  let cursor = start;
  let isHandling = false;
  let handled = Promise.resolve();

  const handle = async (result: WireResult) => {
    const gap = gapOf(result);
    if (gap !== undefined) {
      onGap?.(gap);
      return;
    }
    const { data = null, errors = [], extensions } = result;
    await onMessage({ data: data as Data | null, errors, cursor: extensions?.cursor });
  };

  const handleAll = async () => {
    isHandling = true;
    for (let item = items.shift(); item !== undefined && !signal.aborted; item = items.shift()) {
      let code = 'HANDLER_FAILED';
      try {
        if (item.kind === 'result') await handle(item.result);
        code = 'STORAGE_FAILED';
        if (item.cursor !== undefined && !signal.aborted) await storage.set(key, item.cursor);
      } catch (cause) {
        items.length = 0;
        fail({ code, message: reasonOf(cause), errors: [], cause });
      }
    }
    isHandling = false;
  };

  const put = (item: Item, at: string | undefined) => {
    cursor = at ?? cursor;
    items.push({ ...item, cursor: at });
    if (!isHandling) handled = handleAll();
  };

  return {
    cursor: () => cursor,
    take: (result) => {
      const at = result.extensions?.cursor;
      if (at !== undefined && seen.has(at)) return true;
      if (items.length >= capacity) return false;
      if (at !== undefined) remember(seen, at);
      put({ kind: 'result', result }, at);
      return true;
    },
    note: (at) => {
      if (at !== cursor) put({ kind: 'note' }, at);
    },
    drained: () => handled,
    forget: async () => {
      cursor = undefined;
      await storage.remove(key);
    },
  };
}

function remember(seen: Set<string>, cursor: string): void {
  seen.add(cursor);
  if (seen.size <= remembered) return;
  const [oldest] = seen;
  seen.delete(oldest as string);
}
