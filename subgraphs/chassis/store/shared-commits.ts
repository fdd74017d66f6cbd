import { sql, type Transaction } from 'kysely';
import type { Store } from './store.ts';

type Transact<Tables> = Store<Tables>['transaction'];

/** Work that waits for its turn, and whoever waits for it. */
interface Member<Tables> {
  readonly work: (trx: Transaction<Tables>) => Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Together they must not hold up other writers of the store for long. */
const mostMembers = 32;

/**
 * Has short pieces of work that come at the same time share a transaction, one after another, each behind a savepoint of
 * its own: one that throws is undone alone. Each resolves when all of them are committed. For SQLite, whose writers come
 * one at a time in any case, and where to commit costs as much as to write a row and its event.
 */
export function shareCommits<Tables>(transaction: Transact<Tables>): Transact<Tables> {
  let waiting: Member<Tables>[] = [];
  let isRunning = false;

  const runAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const members = waiting.slice(0, mostMembers);
      waiting = waiting.slice(mostMembers);
      await runTogether(transaction, members);
    }
    isRunning = false;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({ work, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      // What comes in the same turn shares the first transaction already.
      setImmediate(() => void runAll());
    });
}

/** Never rejects: its members are told. */
async function runTogether<Tables>(
  transaction: Transact<Tables>,
  members: readonly Member<Tables>[],
): Promise<void> {
  const settle: (() => void)[] = [];
  try {
    await transaction(async (trx) => {
      for (const { work, resolve, reject } of members) {
        await sql`savepoint member`.execute(trx);
        try {
          const result = await work(trx);
          await sql`release member`.execute(trx);
          settle.push(() => resolve(result as never));
        } catch (error) {
          await sql`rollback to member`.execute(trx);
          await sql`release member`.execute(trx);
          settle.push(() => reject(error));
        }
      }
    });
  } catch (error) {
    for (const { reject } of members) reject(error);
    return;
  }
  for (const tell of settle) tell();
}
