import { setImmediate } from 'node:timers/promises';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { Counter } from './counters.ts';
import { describeOperation } from './describe-operation.ts';
import type { UsageLimits } from './options.ts';
import type { UsedOperation } from './types.ts';

/** What became of counters: an operation of ours for each, or the reason why there is none. */
export interface Read {
  readonly known: readonly { readonly counter: Counter; readonly operation: UsedOperation }[];
  /** The time was up before their operations were read. */
  readonly left: readonly Counter[];
  /** Requests for operations that are too many for one day. */
  readonly missed: number;
}

/** Reads the operations of counters, within so many milliseconds. */
export type ReadOperations = (counters: readonly Counter[], budgetMs: number) => Promise<Read>;

/** Requests are held up no longer than this by operations that are read, plus one operation. */
const sliceMs = 2;

/** Reads each prepared operation once, what is sent most first. */
export function createReadings({
  operations: most,
  operationCharacters: mostCharacters,
}: Pick<UsageLimits, 'operations' | 'operationCharacters'>): ReadOperations {
  const described = new WeakMap<PreparedOperation, UsedOperation | undefined>();
  let day = '';
  const hashes = new Set<string>();
  let characters = 0;

  function read({ schema, operation }: Counter): UsedOperation | undefined {
    if (described.has(operation)) return described.get(operation);
    const used = describeOperation(schema, operation);
    described.set(operation, used);
    return used;
  }

  /** False where the day has too many others already. */
  function isKept({ hash, text }: UsedOperation, on: string): boolean {
    if (on > day) {
      day = on;
      hashes.clear();
      characters = 0;
    }
    if (hashes.has(hash)) return true;
    if (hashes.size >= most || characters + text.length > mostCharacters) return false;
    hashes.add(hash);
    characters += text.length;
    return true;
  }

  return async (counters, budgetMs) => {
    const known: { counter: Counter; operation: UsedOperation }[] = [];
    const left: Counter[] = [];
    let missed = 0;
    let spentMs = 0;
    let sliceBegan = performance.now();
    for (const counter of counters.toSorted((a, b) => b.requests - a.requests)) {
      const isNew = !described.has(counter.operation);
      if (isNew && spentMs >= budgetMs) {
        left.push(counter);
        continue;
      }
      const began = performance.now();
      const operation = read(counter);
      if (isNew) spentMs += performance.now() - began;
      if (operation !== undefined) {
        if (isKept(operation, counter.day)) known.push({ counter, operation });
        else missed += counter.requests;
      }
      if (performance.now() - sliceBegan >= sliceMs) {
        await setImmediate();
        sliceBegan = performance.now();
      }
    }
    return { known, left, missed };
  };
}
