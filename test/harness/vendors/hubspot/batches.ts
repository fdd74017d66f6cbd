import { createdAnswer, objectAnswer, updatedAnswer } from './answers.ts';
import { type Answer, type Call, type Route, readScope, writeScope } from './calls.ts';
import type { Actor } from './changes.ts';
import type { Clock } from './clock.ts';
import {
  batchAnswer,
  invalidRequest,
  notFound,
  notModelled,
  type PartialError,
  partial,
  Refusal,
} from './errors.ts';
import { type ModelName, readModel } from './models.ts';
import { type CreateInput, checkCreate, createOne } from './objects.ts';
import type { PortalState } from './portal.ts';
import { kinds, type ObjectType, objectTypeOf } from './schema.ts';
import type { Values } from './values.ts';

const mostInputs = 100;

interface ReadInput {
  readonly inputs: readonly { readonly id: string }[];
  readonly properties: readonly string[];
  readonly propertiesWithHistory: readonly string[];
  readonly idProperty?: string;
}

interface Traced {
  readonly objectWriteTraceId?: string;
}

interface WriteInput extends Traced {
  readonly id: string;
  readonly idProperty?: string;
  readonly properties: Values;
}

function refuseTwice(ids: readonly string[]): void {
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length > 0) {
    throw invalidRequest(`Duplicate IDs found in batch input: [${twice.join(', ')}]. IDs must be unique`);
  }
}

/** Whether a unique property names a record. HubSpot gives the ids, so nothing is made under an id that is unknown. */
function isNamed(input: WriteInput): input is WriteInput & { readonly idProperty: string } {
  return input.idProperty !== undefined && input.idProperty !== 'hs_object_id';
}

const typeOf = ({ params }: Call) => objectTypeOf(params.objectType ?? '');

/** How a batch of writes goes about each of its inputs. */
interface BatchWrite<T extends Traced> {
  readonly inputs: readonly T[];
  /** Of the answer when nothing failed. */
  readonly status: number;
  /** What no two inputs may share. */
  readonly idsOf: (input: T) => readonly string[];
  readonly check: (input: T) => void;
  /** Null where the record to write is not there. */
  readonly write: (input: T) => object | null;
  readonly lost: (inputs: readonly T[]) => PartialError;
}

function readInputs<T>(model: ModelName, body: unknown): readonly T[] {
  const { inputs } = readModel<{ inputs: readonly T[] }>(model, body);
  if (inputs.length === 0 || inputs.length > mostInputs) {
    throw invalidRequest(`A batch takes 1 to ${mostInputs} inputs; this one has ${inputs.length}.`);
  }
  return inputs;
}

function missing(type: ObjectType, ids: readonly string[]): PartialError {
  const message = `Could not get some ${kinds[type].singular.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`;
  return partial(notFound(message), { ids });
}

/** HubSpot answers 207 for what fails in a write only where every input has a trace id, all of them different. */
function areTraced(inputs: readonly Traced[]): boolean {
  const ids = inputs.map(({ objectWriteTraceId }) => objectWriteTraceId);
  return !ids.includes(undefined) && new Set(ids).size === ids.length;
}

/** `/crm/v3/objects/{objectType}/batch/…`: up to a hundred records at once. */
export function batchRoutes(state: PortalState, by: Actor, clock: Clock): Route[] {
  const { records } = state;
  const path = '/crm/v3/objects/:objectType/batch';
  const read = (call: Call) => [readScope(typeOf(call))];
  const write = (call: Call) => [writeScope(typeOf(call))];

  /**
   * Writes one input after another. Without trace ids the batch is one whole: what `check` throws for one
   * input refuses all. With them the failures are answered one by one, beside what was written.
   */
  function writeAll<T extends Traced>({ inputs, status, idsOf, check, write, lost }: BatchWrite<T>): Answer {
    const startedAt = clock.now();
    refuseTwice(inputs.flatMap(idsOf));
    const traced = areTraced(inputs);
    if (!traced) for (const input of inputs) check(input);
    const results: object[] = [];
    const errors: PartialError[] = [];
    const notThere: T[] = [];
    for (const input of inputs) {
      const trace = input.objectWriteTraceId;
      try {
        const written = write(input);
        if (written === null) notThere.push(input);
        else results.push(trace === undefined ? written : { ...written, objectWriteTraceId: trace });
      } catch (error) {
        if (!(error instanceof Refusal) || !traced || trace === undefined) throw error;
        errors.push(partial(error, { objectWriteTraceId: [trace] }));
      }
    }
    if (notThere.length > 0) errors.push(lost(notThere));
    return batchAnswer(status, { startedAt, completedAt: clock.now(), results, errors });
  }

  const existing = (type: ObjectType, { id, idProperty }: WriteInput) =>
    records.find(type, id, { by: idProperty });
  const lostIds = (type: ObjectType) => (inputs: readonly WriteInput[]) => {
    const ids = inputs.map(({ id }) => id);
    return missing(type, ids);
  };

  return [
    {
      method: 'POST',
      path: `${path}/read`,
      scopes: read,
      handle: (call) => {
        const startedAt = clock.now();
        const type = typeOf(call);
        const inputs = readInputs<{ id: string }>('BatchReadInputSimplePublicObjectId', call.body);
        const { properties, propertiesWithHistory, idProperty } = call.body as ReadInput;
        if (propertiesWithHistory.length > 0) throw notModelled('the history of properties');
        const options = { by: idProperty, archived: call.query.get('archived') === 'true' };
        const found = new Map(inputs.map(({ id }) => [id, records.find(type, id, options)]));
        const lost = [...found].flatMap(([id, record]) => (record === undefined ? [id] : []));
        const present = new Set([...found.values()].filter((record) => record !== undefined));
        return batchAnswer(200, {
          startedAt,
          completedAt: clock.now(),
          results: [...present].map((record) =>
            objectAnswer(state, record, properties.length === 0 ? undefined : properties),
          ),
          errors: lost.length === 0 ? [] : [missing(type, lost)],
        });
      },
    },
    {
      method: 'POST',
      path: `${path}/create`,
      scopes: write,
      handle: (call) => {
        const type = typeOf(call);
        const inputs = readInputs<CreateInput & Traced>(
          'BatchInputSimplePublicObjectBatchInputForCreate',
          call.body,
        );
        const unique = [...state.schema.properties[type].values()].filter((each) => each.hasUniqueValue);
        return writeAll({
          inputs,
          status: 201,
          idsOf: ({ properties }) => unique.flatMap(({ name }) => properties[name] ?? []),
          check: (input) => void checkCreate(state, type, input),
          write: (input) => createdAnswer(state, createOne(state, type, input, by)),
          lost: () => missing(type, []),
        });
      },
    },
    {
      method: 'POST',
      path: `${path}/update`,
      scopes: write,
      handle: (call) => {
        const type = typeOf(call);
        return writeAll({
          inputs: readInputs<WriteInput>('BatchInputSimplePublicObjectBatchInput', call.body),
          status: 200,
          idsOf: ({ id }) => [id],
          check: (input) => {
            const record = existing(type, input);
            if (record !== undefined) state.check(type, input.properties, record);
          },
          write: (input) => {
            const record = existing(type, input);
            if (record === undefined) return null;
            return updatedAnswer(state, state.update(record, input.properties, by), input.properties);
          },
          lost: lostIds(type),
        });
      },
    },
    {
      method: 'POST',
      path: `${path}/upsert`,
      scopes: write,
      handle: (call) => {
        const type = typeOf(call);
        const named = (input: WriteInput) =>
          isNamed(input) ? { ...input.properties, [input.idProperty]: input.id } : input.properties;
        return writeAll({
          inputs: readInputs<WriteInput>('BatchInputSimplePublicObjectBatchInputUpsert', call.body),
          status: 200,
          idsOf: ({ id }) => [id],
          check: (input) => {
            const record = existing(type, input);
            if (record !== undefined) state.check(type, named(input), record);
            else if (isNamed(input)) checkCreate(state, type, { properties: named(input) });
          },
          write: (input) => {
            const record = existing(type, input);
            if (record !== undefined) {
              const updated = state.update(record, named(input), by);
              return { ...updatedAnswer(state, updated, input.properties), new: false };
            }
            if (!isNamed(input)) return null;
            const created = createOne(state, type, { properties: named(input) }, by);
            return { ...createdAnswer(state, created), new: true };
          },
          lost: lostIds(type),
        });
      },
    },
    {
      method: 'POST',
      path: `${path}/archive`,
      scopes: write,
      handle: (call) => {
        const type = typeOf(call);
        for (const { id } of readInputs<{ id: string }>('BatchInputSimplePublicObjectId', call.body)) {
          const record = records.find(type, id);
          if (record !== undefined) records.archive(record, by);
        }
        return { status: 204 };
      },
    },
  ];
}
