import type { Actor, Change } from './changes.ts';
import type { Clock } from './clock.ts';
import { invalidRequest, invalidValues, notFound, Refusal } from './errors.ts';
import { kinds, type ObjectType, objectTypes } from './schema.ts';
import { derivedValues, readValues, type Schema, type Values } from './values.ts';

/** One state of a record; a change makes another. */
export interface StoredRecord {
  readonly id: string;
  readonly type: ObjectType;
  readonly properties: Values;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
}

export interface Records {
  /** By id, or by another property with unique values; archived ones only where asked for. */
  readonly find: (
    type: ObjectType,
    id: string,
    options?: { readonly by?: string; readonly archived?: boolean },
  ) => StoredRecord | undefined;
  /** The same, or 404. */
  readonly get: (
    type: ObjectType,
    id: string,
    options?: { readonly by?: string; readonly archived?: boolean },
  ) => StoredRecord;
  /** By ascending id. */
  readonly all: (type: ObjectType, options?: { readonly archived?: boolean }) => readonly StoredRecord[];
  /** What was there at a time, as an index that lags would have it. */
  readonly asOf: (type: ObjectType, at: number) => readonly StoredRecord[];
  /** Throws what `create` or `update` would, and changes nothing. */
  readonly check: (type: ObjectType, values: Values, existing?: StoredRecord) => void;
  readonly create: (
    type: ObjectType,
    values: Values,
    by: Actor | null,
    options?: { readonly id?: string; readonly createdAt?: number },
  ) => StoredRecord;
  readonly update: (record: StoredRecord, values: Values, by: Actor | null) => StoredRecord;
  readonly archive: (record: StoredRecord, by: Actor) => void;
  readonly restore: (record: StoredRecord, by: Actor) => void;
  /** Removes it for good. */
  readonly purge: (record: StoredRecord, by: Actor) => void;
}

/** What a record was from a time on. */
interface State {
  readonly at: number;
  readonly record: StoredRecord | null;
}

interface RecordsOptions {
  readonly schema: Schema;
  readonly clock: Clock;
  readonly onChange: (change: Change) => void;
}

/** The records of a portal. `by` null writes without anybody being told, as a portal that was filled before. */
export function createRecords({ schema, clock, onChange }: RecordsOptions): Records {
  /** Every state that a record had, the present one last; null is "removed for good". */
  const states = new Map(objectTypes.map((type) => [type, new Map<string, State[]>()]));
  const unique = new Map<string, string>();
  let lastId = 20_000_000_000;

  const historyOf = (type: ObjectType) => states.get(type)!;
  const keyOf = (type: ObjectType, property: string, value: string) => `${type} ${property} ${value}`;
  const uniqueNames = (type: ObjectType) =>
    [...schema.properties[type].values()]
      .filter(({ hasUniqueValue }) => hasUniqueValue)
      .map(({ name }) => name);

  function claim(record: StoredRecord, present: boolean): void {
    for (const name of uniqueNames(record.type)) {
      const value = record.properties[name];
      if (value === undefined) continue;
      if (present) unique.set(keyOf(record.type, name, value), record.id);
      else unique.delete(keyOf(record.type, name, value));
    }
  }

  function addState({ type, id, updatedAt }: StoredRecord, record: StoredRecord | null): void {
    const history = historyOf(type).get(id) ?? [];
    history.push({ at: record === null ? clock.now() : updatedAt, record });
    historyOf(type).set(id, history);
  }

  function keep(record: StoredRecord, before?: StoredRecord): StoredRecord {
    if (before !== undefined) claim(before, false);
    claim(record, record.archivedAt === null);
    addState(record, record);
    return record;
  }

  function refuseTaken(type: ObjectType, values: Values, id?: string): void {
    for (const name of uniqueNames(type)) {
      const value = values[name];
      const holder = value === undefined ? undefined : unique.get(keyOf(type, name, value));
      if (holder === undefined || holder === id) continue;
      if (name === 'email') {
        throw new Refusal(409, `Contact already exists. Existing ID: ${holder}`, { category: 'CONFLICT' });
      }
      const message = `Cannot set ${name}=${value}. ${holder} already has that value.`;
      throw invalidValues([{ property: name, code: 'CONFLICTING_UNIQUE_VALUE', message }]);
    }
  }

  function read(type: ObjectType, given: Values, existing?: StoredRecord): Values {
    const { values, problems } = readValues(schema, type, given, existing?.properties ?? {});
    if (problems.length > 0) throw invalidValues(problems);
    refuseTaken(type, values, existing?.id);
    return values;
  }

  const latest = (type: ObjectType, id: string) => historyOf(type).get(id)?.at(-1)?.record ?? undefined;

  function findBy(type: ObjectType, id: string, by?: string): StoredRecord | undefined {
    if (by === undefined || by === 'hs_object_id') return latest(type, id);
    if (!uniqueNames(type).includes(by)) {
      throw invalidRequest(
        `Property ${by} is not a unique identifier of ${type}; name one that hasUniqueValue.`,
      );
    }
    const value = by === 'email' ? id.trim().toLowerCase() : id;
    return latest(type, unique.get(keyOf(type, by, value)) ?? '');
  }

  const find: Records['find'] = (type, id, { by, archived = false } = {}) => {
    const record = findBy(type, id, by);
    return record !== undefined && (record.archivedAt !== null) === archived ? record : undefined;
  };

  function chosen(
    type: ObjectType,
    choose: (history: readonly State[]) => State | undefined,
  ): StoredRecord[] {
    return [...historyOf(type).values()]
      .map((history) => choose(history)?.record ?? null)
      .filter((record) => record !== null)
      .sort((one, other) => Number(one.id) - Number(other.id));
  }

  function tell(
    record: StoredRecord,
    by: Actor | null,
    kind: 'creation' | 'deletion' | 'restore' | 'privacyDeletion',
  ) {
    if (by !== null) onChange({ kind, type: record.type, id: record.id, at: clock.now(), by });
  }

  function tellValues(record: StoredRecord, values: Values, by: Actor | null): void {
    if (by === null) return;
    for (const [property, value] of Object.entries(values)) {
      onChange({
        kind: 'propertyChange',
        type: record.type,
        id: record.id,
        at: clock.now(),
        by,
        property,
        value,
      });
    }
  }

  function withValues(record: StoredRecord, changed: Values): StoredRecord {
    const updatedAt = clock.now();
    const properties = Object.fromEntries(
      Object.entries({
        ...record.properties,
        ...changed,
        [kinds[record.type].modified]: new Date(updatedAt).toISOString(),
      }).filter(([, value]) => value !== ''),
    );
    return { ...record, properties, updatedAt };
  }

  return {
    find,
    get: (type, id, options) => {
      const record = find(type, id, options);
      if (record === undefined) throw notFound();
      return record;
    },
    all: (type, { archived = false } = {}) =>
      chosen(type, (history) => history.at(-1)).filter(
        ({ archivedAt }) => (archivedAt !== null) === archived,
      ),
    asOf: (type, time) =>
      chosen(type, (history) => history.findLast(({ at }) => at <= time)).filter(
        ({ archivedAt }) => archivedAt === null,
      ),
    check: (type, values, existing) => void read(type, values, existing),
    create: (type, given, by, { id = String(++lastId), createdAt = clock.now() } = {}) => {
      if (historyOf(type).has(id)) throw new Error(`There is a record ${id} of ${type} already.`);
      lastId = Math.max(lastId, Number(id));
      const values = read(type, given);
      const written = Object.entries({ ...values, ...derivedValues(schema, type, values) });
      const set = Object.fromEntries(written.filter(([, value]) => value !== ''));
      const at = new Date(createdAt).toISOString();
      const { created, modified } = kinds[type];
      const properties = { ...set, hs_object_id: id, [created]: at, [modified]: at };
      const record = keep({ id, type, properties, createdAt, updatedAt: createdAt, archivedAt: null });
      tell(record, by, 'creation');
      tellValues(record, set, by);
      return record;
    },
    update: (record, given, by) => {
      const values = read(record.type, given, record);
      const derived = derivedValues(schema, record.type, { ...record.properties, ...values });
      const changed = Object.fromEntries(
        Object.entries({ ...values, ...derived }).filter(
          ([name, value]) => (record.properties[name] ?? '') !== value,
        ),
      );
      if (Object.keys(changed).length === 0) return record;
      const updated = keep(withValues(record, changed), record);
      tellValues(updated, changed, by);
      return updated;
    },
    archive: (record, by) => {
      const at = clock.now();
      tell(keep({ ...record, archivedAt: at, updatedAt: at }, record), by, 'deletion');
    },
    restore: (record, by) => {
      tell(keep({ ...record, archivedAt: null, updatedAt: clock.now() }, record), by, 'restore');
    },
    purge: (record, by) => {
      claim(record, false);
      addState(record, null);
      tell(record, by, record.type === 'contacts' ? 'privacyDeletion' : 'deletion');
    },
  };
}
