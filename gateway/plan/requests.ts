import { jsonText } from './json-text.ts';
import type { Run } from './tree.ts';
import type { ExecutionContext, FetchOperation, SubgraphAnswer, SubgraphRequest } from './types.ts';

/** Whom a fetch asks, and what. */
export type Asking = Pick<SubgraphRequest, 'subgraph' | 'kind' | 'operation'>;

/** An operation as requests are made of it. */
export function fetchOperation(text: string, name: string | undefined): FetchOperation {
  const operationName = name === undefined ? '' : `,"operationName":${JSON.stringify(name)}`;
  return { text, bodyStart: `{"query":${JSON.stringify(text)}${operationName},"variables":{` };
}

/** The variable of a list of representations, by its place among those of the request. */
export function listVariable(place: number): string {
  return place === 0 ? 'representations' : `representations_${place}`;
}

/** The response name of the `_entities` field that a list is asked by. */
export function listKey(place: number): string {
  return place === 0 ? '_entities' : `_entities_${place}`;
}

/** The place of the list that a key of an answer belongs to. */
export function listPlace(key: unknown): number | undefined {
  if (key === '_entities') return 0;
  const match = typeof key === 'string' ? /^_entities_([1-9]\d*)$/.exec(key) : null;
  return match ? Number(match[1]) : undefined;
}

/** Writes the members of `variables` that the client gave as JSON, each with a comma in front. */
export type WriteVariables = (variables: ExecutionContext['variables']) => string;

/** The JSON body of a request for `_entities`, or of any other where there are no representations. */
export function requestBody(
  operation: FetchOperation,
  representations: SubgraphRequest['representations'],
  variables: string,
): string {
  if (representations === undefined) return `${operation.bodyStart}${variables}}}`;
  let lists = '';
  for (let place = 0; place < representations.length; place++) {
    lists += `${place === 0 ? '' : ','}"${listVariable(place)}":[${representations[place]!.join()}]`;
  }
  const others = variables === '' ? '' : `,${variables}`;
  return `${operation.bodyStart}${lists}${others}}}`;
}

/** @param names as the plan calls them */
export function compileVariables(
  names: readonly string[],
  clientVariable: (name: string) => string,
): WriteVariables {
  const parts = names.map((name) => ({ name: clientVariable(name), prefix: `,${JSON.stringify(name)}:` }));
  return (variables) => {
    let text = '';
    for (const part of parts) {
      const value = Object.hasOwn(variables, part.name) ? variables[part.name] : undefined;
      if (value !== undefined) text += part.prefix + jsonText(value);
    }
    return text;
  };
}

/**
 * What goes to a subgraph.
 *
 * @param variables JSON members, without a comma in front
 */
export function requestOf(
  { subgraph, kind, operation }: Asking,
  representations: SubgraphRequest['representations'],
  variables: string,
): SubgraphRequest {
  const body = requestBody(operation, representations, variables);
  return { subgraph, body, kind, operation, representations, variables };
}

/**
 * Makes one request, unless the client request has ended. Never rejects.
 *
 * @param variables as for `requestOf`
 */
export async function ask(
  run: Run,
  asking: Asking,
  representations: SubgraphRequest['representations'],
  variables: string,
): Promise<SubgraphAnswer> {
  const { subgraph } = asking;
  if (run.context.signal.aborted) {
    const message = `The request ended before subgraph "${subgraph}" was asked.`;
    return { kind: 'failure', code: 'SUBGRAPH_TIMEOUT', message };
  }
  try {
    return await run.context.fetch(requestOf(asking, representations, variables));
  } catch {
    // A promise of the request path: what goes wrong is an answer. Its own mistake fails this fetch only.
    const message = `Subgraph "${subgraph}" could not be asked.`;
    return { kind: 'failure', code: 'SUBGRAPH_UNAVAILABLE', message };
  }
}
