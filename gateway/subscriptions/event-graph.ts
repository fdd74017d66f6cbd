import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import type { FetchOperation, SubgraphAnswer, SubgraphError, SubgraphRequest } from '#gateway/plan/types.ts';
import { type AskedField, askedFields, type EventOperation, parseEventOperation } from './event-operation.ts';
import { type EventSource, eventCursor, readEventPage } from './event-page.ts';
import { type Message, Misfit, unknownValue, within } from './event-projection.ts';
import { type EventSchema, readEventSchema } from './event-schema.ts';
import type { EventGraph } from './types.ts';

export interface EventGraphOptions {
  readonly subgraph: string;
  /** Milliseconds for a query. */
  readonly timeoutMs: number;
  readonly log: Logger;
}

/**
 * The graph of events of a supergraph, as its directives declare it.
 * @throws Error that names what is wrong with them.
 */
export function createEventGraph(
  supergraph: GraphQLSchema,
  { subgraph, timeoutMs, log }: EventGraphOptions,
): EventGraph {
  const events = readEventSchema(supergraph);
  const operations = new WeakMap<FetchOperation, EventOperation>();

  const ask = ({ operation, variables }: SubgraphRequest): readonly AskedField[] => {
    let parsed = operations.get(operation);
    if (parsed === undefined) {
      parsed = parseEventOperation(operation.text);
      operations.set(operation, parsed);
    }
    return askedFields(supergraph, events, parsed, variables);
  };

  const broken = (error: unknown): SubgraphAnswer => {
    const code = 'SUBGRAPH_INVALID_ANSWER';
    log.error({ err: error, subgraph, code }, 'the graph of events failed');
    return { kind: 'failure', code, message: `Subgraph "${subgraph}" gave an answer that cannot be read.` };
  };

  const answerWith = (
    request: SubgraphRequest,
    messageOf: (asked: AskedField) => Message,
  ): SubgraphAnswer => {
    try {
      return answered(ask(request).map((asked) => ({ asked, source: messageOf(asked) })));
    } catch (error) {
      return broken(error);
    }
  };

  const read = async (request: SubgraphRequest, source: EventSource): Promise<SubgraphAnswer> =>
    answered(await Promise.all(ask(request).map((asked) => readRoot(events, asked, source))));

  return {
    subgraph,
    fields: events.fields,
    answerEvent: (request, { event, cursor }) =>
      answerWith(request, (asked) => ({ event, cursor, entityId: entityOf(events, asked) })),
    answerInitial: (request, cursor, entityId) =>
      answerWith(request, () => ({ event: undefined, cursor, entityId })),
    answerQuery: async (request, { signal: given, bus, tenant }) => {
      const signal = AbortSignal.any([given, AbortSignal.timeout(timeoutMs)]);
      try {
        return await unlessAborted(signal, () => read(request, { bus, tenant, signal }));
      } catch (error) {
        if (!signal.aborted) return broken(error);
        const message = `Subgraph "${subgraph}" did not answer in time.`;
        return { kind: 'failure', code: 'SUBGRAPH_TIMEOUT', message };
      }
    },
  };
}

/** The entity that a subscription field was asked for by its id. */
function entityOf({ fields }: EventSchema, { field, args }: AskedField): string | undefined {
  const initial = fields.get(field?.name ?? '')?.initial;
  const id = initial && args[initial.argument];
  return typeof id === 'string' ? id : undefined;
}

interface Answered {
  readonly asked: AskedField;
  readonly source: unknown;
  /** Why there is none. */
  readonly error?: GatewayError;
}

async function readRoot(events: EventSchema, asked: AskedField, source: EventSource): Promise<Answered> {
  const { field, args } = asked;
  try {
    if (field === undefined) return { asked, source: null };
    switch (field.name) {
      case 'eventCursor':
        return { asked, source: await eventCursor(source) };
      case 'events': {
        const page = await readEventPage(source, args, events.filtersOf(field), [...events.objects.keys()]);
        return { asked, source: page };
      }
      default:
        throw new TypeError(`Query.${field.name} is no field of the graph of events.`);
    }
  } catch (error) {
    if (error instanceof GatewayError) return { asked, source: null, error };
    throw error;
  }
}

/** The answer of one request. Root fields are never null: one that has nothing to show takes the others along. */
function answered(roots: readonly Answered[]): SubgraphAnswer {
  const data: Record<string, unknown> = {};
  const errors: SubgraphError[] = [];
  const refused = (message: string, path: readonly (string | number)[], code: string): SubgraphAnswer => ({
    kind: 'answer',
    data: null,
    errors: [{ message, path, extensions: { code } }],
  });
  for (const { asked, source, error } of roots) {
    if (error) return refused(error.message, [asked.key], error.code);
    try {
      data[asked.key] = within(asked.project, source, errors, asked.key, false);
    } catch (misfit) {
      if (!(misfit instanceof Misfit)) throw misfit;
      return refused(misfit.message, misfit.path, unknownValue);
    }
  }
  return { kind: 'answer', data, errors };
}

/** Waits for something that may not listen to the signal. */
async function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
