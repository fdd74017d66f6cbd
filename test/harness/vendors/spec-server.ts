import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  nameOf,
  type Operation,
  type Specification,
  type VendorAnswer,
  type VendorRequest,
  type Violation,
} from './specification.ts';

/** A request to an operation, with the values of its path's parameters. */
export interface OperationRequest extends VendorRequest {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** What a server received, in order; `status` is there once it has answered. */
export interface ReceivedRequest extends VendorRequest {
  readonly at: number;
  status?: number;
}

export type Handler = (request: OperationRequest) => VendorAnswer;

/** How a vendor says no. */
export interface Dialect {
  readonly contentType: string;
  readonly problem: (status: number, violations: readonly Violation[]) => unknown;
}

export interface SpecServerOptions {
  readonly specification: Specification;
  readonly dialect: Dialect;
  /** Answers by `METHOD /path/{template}`; what is not here gets the specification's example. */
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** Sees a request before it is judged: wrong credentials, used-up windows. An answer ends it there. */
  readonly admit?: (request: OperationRequest) => VendorAnswer | undefined;
  /** Headers of every answer but the ones `admit` gave. */
  readonly headers?: (request: OperationRequest) => Readonly<Record<string, string>>;
  readonly now?: () => number;
}

export interface SpecServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Fails if an answer of a handler was not what the specification says. */
  readonly close: () => Promise<void>;
}

/** The largest body that any of the vendors takes is 6 MB. */
const largestBody = 8 * 1024 * 1024;

/**
 * Serves a specification on loopback: a request that it refuses gets the vendor's 4xx, a valid one the handler's
 * answer or an example. A handler's answer that breaks the specification becomes a 500, and fails `close`.
 */
export async function startSpecServer(options: SpecServerOptions): Promise<SpecServer> {
  const { specification, dialect, handlers = {}, now = Date.now } = options;
  const route = router(specification.operations);
  const unknown = Object.keys(handlers).filter(
    (name) => !specification.operations.some((each) => nameOf(each) === name),
  );
  if (unknown.length > 0) throw new Error(`The specification has no ${unknown.join(', ')}.`);

  const requests: ReceivedRequest[] = [];
  const drifts: string[] = [];
  const problem = (status: number, violations: readonly Violation[]): VendorAnswer => ({
    status,
    headers: { 'content-type': dialect.contentType },
    body: dialect.problem(status, violations),
  });

  async function answer(request: ReceivedRequest): Promise<VendorAnswer> {
    const routed = route(request);
    const stopped = routed && options.admit?.(routed);
    if (stopped !== undefined) return stopped;
    const outcome = await specification.respond(request, (operation) => {
      const handler = handlers[nameOf(operation)];
      return routed && handler && typed(handler(routed), dialect);
    });
    const headers = routed ? options.headers?.(routed) : undefined;
    if (outcome.kind === 'answered') {
      return { ...outcome.answer, headers: { ...headers, ...outcome.answer.headers } };
    }
    if (outcome.kind === 'refused') {
      const refusal = problem(outcome.status, outcome.violations);
      return { ...refusal, headers: { ...headers, ...refusal.headers } };
    }
    drifts.push(`${outcome.operation}: ${outcome.violations.map(({ message }) => message).join('; ')}`);
    return problem(500, outcome.violations);
  }

  const server = createServer(async (incoming, outgoing) => {
    try {
      const request = await received(incoming, now());
      requests.push(request);
      const { status, headers, body } =
        request.body instanceof SyntaxError
          ? problem(400, [{ at: ['body'], message: `The body is not JSON: ${request.body.message}` }])
          : await answer(request);
      request.status = status;
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      outgoing.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
      outgoing.end(text);
    } catch (error) {
      drifts.push(`${incoming.method} ${incoming.url}: ${String(error)}`);
      outgoing.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      if (drifts.length > 0) throw new Error(`The double left its specification:\n${drifts.join('\n')}`);
    },
  };
}

const typed = (answer: VendorAnswer, { contentType }: Dialect): VendorAnswer =>
  answer.body === undefined
    ? answer
    : { ...answer, headers: { 'content-type': contentType, ...answer.headers } };

/** A template without parameters wins over one with them, as OpenAPI says. */
function router(operations: readonly Operation[]): (request: VendorRequest) => OperationRequest | undefined {
  const routes = operations
    .map((operation) => ({
      operation,
      names: [...operation.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name),
      pattern: new RegExp(
        `^${operation.path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '([^/]+)')}$`,
      ),
    }))
    .sort((a, b) => a.names.length - b.names.length);
  return (request) => {
    for (const { operation, names, pattern } of routes) {
      if (operation.method.toUpperCase() !== request.method) continue;
      const values = pattern.exec(request.path)?.slice(1);
      if (values === undefined) continue;
      const params = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]));
      return { ...request, operation, params };
    }
    return undefined;
  };
}

async function received(incoming: IncomingMessage, at: number): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > largestBody) throw new Error(`A body of more than ${largestBody} bytes.`);
    chunks.push(chunk);
  }
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  /* Prism looks at the media type only where a length says that there is a body. */
  if (size > 0) headers['content-length'] = String(size);
  return {
    at,
    method: incoming.method ?? 'GET',
    path: pathname,
    query: searchParams,
    headers,
    body: parsed(Buffer.concat(chunks).toString('utf8'), headers['content-type'] ?? ''),
  };
}

function parsed(text: string, contentType: string): unknown {
  if (text === '') return undefined;
  if (!/[/+]json\b/.test(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    return error as SyntaxError;
  }
}
