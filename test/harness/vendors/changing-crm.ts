import { VendorError, type VendorFailure } from '#chassis/vendor/error.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import type { AskOptions, Pushed, RecordKey, Seen, VendorRecord } from '#chassis/vendor/system.ts';
import type { CrmChange, CrmSystem } from '#subgraphs/crm/adapters/crm.ts';

type Values = Readonly<Record<string, unknown>>;

/** What becomes of the next push; after all that were said, pushes are taken. */
export type Fate =
  | { readonly kind: 'fails'; readonly failure?: VendorFailure }
  /** The vendor makes the change, and nobody hears of it. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  /** Something happens before or after the change is made, and before it is answered. */
  | { readonly kind: 'meanwhile'; readonly act: (make: () => Pushed) => Pushed | Promise<Pushed> };

/**
 * A CRM in memory that takes changes, each idempotency key once, and that a test edits, takes away and makes refuse.
 * It has our clock: what happens later has a later time, here and there.
 */
export interface ChangingCrm {
  readonly system: CrmSystem;
  /** Pushes that were made, in order: a repetition under a known key is none. */
  readonly made: readonly { readonly key: string; readonly change: CrmChange }[];
  /** Keys of all calls that came, made or not. */
  readonly keys: readonly string[];
  /** What becomes of the next pushes. */
  readonly fates: Fate[];
  /** While true, nothing is answered. */
  readonly setDown: (down: boolean) => void;
  /** Changes values of a record at the vendor, by its own id; makes it where there is none. */
  readonly edit: (type: string, id: string, values: Values, changedAt?: string) => void;
  /** The record by the vendor's id. */
  readonly record: (type: string, id: string) => VendorRecord<Values> | undefined;
  /** All records of a type as a read sees them. */
  readonly seen: (type: string) => readonly Seen<Values>[];
}

export function changingCrm(): ChangingCrm {
  const records = new Map<string, Map<string, VendorRecord<Values>>>();
  const made: { key: string; change: CrmChange }[] = [];
  const answers = new Map<string, Pushed>();
  const keys: string[] = [];
  const fates: Fate[] = [];
  let down = false;

  const ofType = (type: string) => {
    const found = records.get(type) ?? new Map<string, VendorRecord<Values>>();
    records.set(type, found);
    return found;
  };
  const edit: ChangingCrm['edit'] = (type, id, values, changedAt = readTime()) => {
    const before = ofType(type).get(id);
    ofType(type).set(id, {
      id,
      externalId: before?.externalId ?? null,
      createdAt: before?.createdAt ?? changedAt,
      values: { ...before?.values, ...values },
      changedAt,
    });
  };
  const fail = (failure: VendorFailure = { kind: 'unavailable' }) =>
    new VendorError('changing', failure, 'the test says so');

  const take = (change: CrmChange, key: string): Pushed => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    made.push({ key, change });
    const id = change.kind === 'update' ? change.id : `v_${change.externalId}`;
    edit(change.type, id, change.values);
    if (change.kind === 'create') {
      const record = ofType(change.type).get(id) as VendorRecord<Values>;
      ofType(change.type).set(id, { ...record, externalId: change.externalId });
    }
    const answer: Pushed = { kind: 'accepted', record: { type: change.type, id } };
    answers.set(key, answer);
    return answer;
  };

  const push: CrmSystem['push'] = async (change, { idempotencyKey, signal }) => {
    signal.throwIfAborted();
    keys.push(idempotencyKey);
    if (down) throw fail();
    const fate = fates.shift();
    switch (fate?.kind) {
      case 'fails':
        throw fail(fate.failure);
      case 'rejected':
        return fate;
      case 'lost':
        take(change, idempotencyKey);
        throw fail();
      case 'meanwhile':
        return fate.act(() => take(change, idempotencyKey));
      case undefined:
        return take(change, idempotencyKey);
    }
  };

  const seen: ChangingCrm['seen'] = (type) =>
    [...ofType(type).values()].map((record) => ({ kind: 'record', record }));
  const read = async (type: string, { by, values }: RecordKey, { signal }: AskOptions) => {
    signal.throwIfAborted();
    if (down) throw fail();
    return seen(type).filter(
      (one) =>
        one.kind === 'record' && values.includes((by === 'id' ? one.record.id : one.record.externalId) ?? ''),
    );
  };
  const capability = { keys: ['id', 'externalId'], batch: 100, changes: false };
  const types = ['users', 'accounts', 'contacts', 'leads', 'opportunities'];
  const system = {
    vendor: 'changing',
    capabilities: {
      types: Object.fromEntries(types.map((type) => [type, capability])),
      webhook: 'none',
    },
    read,
    changes: async () => ({ seen: [], next: '', more: false }),
    push,
    webhook: null,
    check: async () => {},
    close: async () => {},
  } as unknown as CrmSystem;
  return {
    system,
    made,
    keys,
    fates,
    setDown: (value) => {
      down = value;
    },
    edit,
    record: (type, id) => ofType(type).get(id),
    seen,
  };
}
