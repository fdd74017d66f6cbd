import type { CursorStorage } from './types.ts';

/** Keeps cursors as long as the process or page lives. */
export function memoryStorage(): CursorStorage {
  const cursors = new Map<string, string>();
  return {
    get: (key) => cursors.get(key),
    set: (key, cursor) => {
      cursors.set(key, cursor);
    },
    remove: (key) => {
      cursors.delete(key);
    },
  };
}

/**
 * Keeps cursors in `localStorage` or `sessionStorage`. Tabs share `localStorage`: there a key belongs to one of them.
 */
export function webStorage(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): CursorStorage {
  const name = (key: string) => `live-cursor:${key}`;
  return {
    get: (key) => storage.getItem(name(key)),
    set: (key, cursor) => storage.setItem(name(key), cursor),
    remove: (key) => storage.removeItem(name(key)),
  };
}
