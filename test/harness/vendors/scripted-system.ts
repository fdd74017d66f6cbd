import { VendorError, type VendorFailure } from '#chassis/vendor/error.ts';
import type { AskOptions, RecordKey, Seen, VendorRecord, VendorSystem } from '#chassis/vendor/system.ts';

type Values = Readonly<Record<string, unknown>>;

/** One call that reached the vendor. */
export interface ScriptedCall {
  readonly method: 'read' | 'changes';
  readonly type: string;
  readonly by?: string;
  readonly values?: readonly string[];
  readonly urgency: AskOptions['urgency'];
}

export interface ScriptedSystem<Records extends object, Change> extends VendorSystem<Records, Change> {
  /** Makes or changes a record at the vendor, and answers it as it is then. */
  readonly put: <Type extends keyof Records & string>(
    type: Type,
    id: string,
    values: Records[Type],
    extra?: { readonly externalId?: string },
  ) => VendorRecord<Records[Type]>;
  /** Takes a record away; false where there is none. */
  readonly drop: (type: keyof Records & string, id: string) => boolean;
  /** All that the vendor has of a type. */
  readonly all: <Type extends keyof Records & string>(type: Type) => readonly VendorRecord<Records[Type]>[];
  /** Every call so far. */
  readonly calls: ScriptedCall[];
  /** Awaited in each call once it was counted, with what will be answered in hand: it may wait, and it may throw. */
  during: (call: ScriptedCall, signal: AbortSignal) => Promise<void>;
  /** Values that the mapping has no word for, as `type/id` → field. */
  readonly unmapped: Map<string, string>;
}

export interface ScriptedOptions<Records extends object, Change> {
  readonly types: readonly (keyof Records & string)[];
  readonly batch?: number;
  readonly pageSize?: number;
  /** Keys beside `id`, by type. */
  readonly keys?: { readonly [Type in keyof Records & string]?: readonly string[] };
  readonly push?: VendorSystem<Records, Change>['push'];
}

/** A failure as adapters report them. */
export function vendorFails(failure: VendorFailure = { kind: 'unavailable' }): VendorError {
  return new VendorError('scripted', failure, 'the test says so');
}

/**
 * A vendor in memory, which a test edits and makes fail. Each edit is a millisecond after the one before, so that the
 * vendor's clock has nothing to do with ours.
 */
export function scriptedSystem<Records extends object, Change = never>({
  types,
  batch = 100,
  pageSize = 100,
  keys = {},
  push = () => Promise.reject(vendorFails({ kind: 'refused', code: 'NOT_TAKEN' })),
}: ScriptedOptions<Records, Change>): ScriptedSystem<Records, Change> {
  let clock = Date.parse('2026-01-01T00:00:00.000Z');
  const records = new Map(types.map((type) => [type as string, new Map<string, VendorRecord<Values>>()]));
  const calls: ScriptedCall[] = [];
  const unmapped = new Map<string, string>();
  const ofType = (type: string) => records.get(type) as Map<string, VendorRecord<Values>>;
  const seen = (type: string, record: VendorRecord<Values>): Seen<Values> => {
    const field = unmapped.get(`${type}/${record.id}`);
    if (field === undefined) return { kind: 'record', record };
    const problems = [{ field, property: `p_${field}`, value: String(record.values[field]) }];
    return { kind: 'unmapped', id: record.id, problems };
  };
  /** What is answered is what the vendor had when the call reached it, however long the answer takes. */
  const answer = async <Answer>(
    call: ScriptedCall,
    signal: AbortSignal,
    made: () => Answer,
  ): Promise<Answer> => {
    signal.throwIfAborted();
    calls.push(call);
    const answered = made();
    await system.during(call, signal);
    return answered;
  };
  const holds = (record: VendorRecord<Values>, { by, values }: RecordKey) => {
    const value = by === 'id' ? record.id : by === 'externalId' ? record.externalId : record.values[by];
    return typeof value === 'string' && values.includes(value);
  };

  const system = {
    vendor: 'scripted',
    capabilities: {
      types: Object.fromEntries(
        types.map((type) => [type, { keys: ['id', ...(keys[type] ?? [])], batch, changes: true }]),
      ),
      webhook: 'keys',
    },
    calls,
    unmapped,
    during: async (_call: ScriptedCall, _signal: AbortSignal) => {},
    read: (type: string, key: RecordKey, { urgency, signal }: AskOptions) => {
      if (key.values.length > batch) throw new Error(`${key.values.length} values are more than ${batch}.`);
      const call = { method: 'read', type, by: key.by, values: key.values, urgency } as const;
      return answer(call, signal, () =>
        [...ofType(type).values()].filter((record) => holds(record, key)).map((record) => seen(type, record)),
      );
    },
    changes: (type: string, since: string | null, { urgency, signal }: AskOptions) =>
      answer({ method: 'changes', type, urgency }, signal, () => {
        const behind = [...ofType(type).values()]
          .filter(({ changedAt, id }) => since === null || `${changedAt} ${id}` > since)
          .toSorted((a, b) => (`${a.changedAt} ${a.id}` < `${b.changedAt} ${b.id}` ? -1 : 1));
        const page = behind.slice(0, pageSize);
        const last = page.at(-1);
        return {
          seen: page.map((record) => seen(type, record)),
          next: last === undefined ? (since ?? '') : `${last.changedAt} ${last.id}`,
          more: behind.length > page.length,
        };
      }),
    push,
    webhook: null,
    check: async () => {},
    close: async () => {},
    put: (type: string, id: string, values: Values, { externalId }: { externalId?: string } = {}) => {
      clock += 1;
      const known = ofType(type).get(id);
      const at = new Date(clock).toISOString();
      const record = {
        id,
        externalId: externalId ?? known?.externalId ?? null,
        values,
        createdAt: known?.createdAt ?? at,
        changedAt: at,
      };
      ofType(type).set(id, record);
      return record;
    },
    drop: (type: string, id: string) => ofType(type).delete(id),
    all: (type: string) => [...ofType(type).values()],
  };
  return system as unknown as ScriptedSystem<Records, Change>;
}
