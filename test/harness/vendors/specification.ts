import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transformOas3Operations } from '@stoplight/http-spec/oas3/operation';
import { createInstance, type IHttpRequest, type PrismHttpInstance } from '@stoplight/prism-http';
import { pino } from 'pino';
import {
  type Amendment,
  bundled,
  type Json,
  type JsonObject,
  mended,
  reachable,
} from './specification-mending.ts';

/** An operation of a specification, as Prism reads it. */
export type Operation = Parameters<PrismHttpInstance['request']>[1][number];

/** A request as a specification judges it. `body` is what JSON was parsed to, or else the text. */
export interface VendorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface VendorAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What a request came to. `refused` names the status that the specification's own answer has. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: VendorAnswer }
  | { readonly kind: 'refused'; readonly status: number; readonly violations: readonly Violation[] }
  | { readonly kind: 'drifted'; readonly operation: string; readonly violations: readonly Violation[] };

export interface Violation {
  readonly at: readonly string[];
  readonly message: string;
}

/** Answers an operation from a state of its own; undefined leaves it to the specification's example. */
export type Double = (operation: Operation, request: VendorRequest) => VendorAnswer | undefined;

export interface Specification {
  readonly operations: readonly Operation[];
  /** Judges the request, has the double answer it, and judges the answer. */
  readonly respond: (request: VendorRequest, double?: Double) => Promise<Outcome>;
  /** What the specification holds against an answer to an operation. */
  readonly judge: (operation: Operation, answer: VendorAnswer) => Promise<readonly Violation[]>;
}

interface SpecificationDocument {
  readonly components: { readonly schemas: Json };
}

/** Files of one vendor in one folder. */
export interface SpecificationSource {
  readonly folder: string;
  readonly files: readonly string[];
  readonly amendments?: readonly Amendment[];
}

/** The name by which doubles know an operation, such as `GET /api/profiles/{id}`. */
export const nameOf = ({ method, path }: Operation) => `${method.toUpperCase()} ${path}`;

/**
 * Reads the files as one specification. Schemas stay behind references: written out, as Prism's own reader does
 * it, the recursive ones of a single file take 20 s and dangle.
 */
export async function readSpecification(source: SpecificationSource): Promise<Specification> {
  const operations: Operation[] = [];
  for (const file of source.files) {
    const document: Json = JSON.parse(await readFile(join(source.folder, file), 'utf8'));
    operations.push(
      ...operationsOf(
        mended(
          document,
          source.amendments?.filter((each) => each.file === file),
        ),
      ),
    );
  }
  return { operations, respond: responder(operations), judge };
}

function operationsOf(document: Json): Operation[] {
  const schemas = bundled((document as unknown as SpecificationDocument).components.schemas) as JsonObject;
  const operations = transformOas3Operations(document as Parameters<typeof transformOas3Operations>[0]);
  return operations.map((operation) => {
    const own = bundled(operation as unknown as Json);
    return { ...(own as unknown as Operation), __bundled__: reachable(own, schemas) };
  });
}

/* Prism logs on a level of its own. */
const logger = pino({ level: 'silent', customLevels: { success: 30 } });
type Components = Parameters<typeof createInstance>[1];

/* A configuration for each request: Prism writes the first request's Accept header into the one it is given. */
const config = () =>
  ({
    isProxy: false,
    checkSecurity: true,
    validateRequest: true,
    validateResponse: true,
    errors: false,
    mock: { dynamic: false },
  }) as Parameters<typeof createInstance>[0];

function responder(operations: Operation[]): Specification['respond'] {
  const examples = createInstance(config(), { logger } as unknown as Components);
  return async (request, double = () => undefined) => {
    const asked = prismRequest(request);
    let reached:
      | { operation: Operation; refusals: readonly Diagnostic[]; own: VendorAnswer | undefined }
      | undefined;
    /* One pass judges the request, has the double answer where it is valid, and judges the double's answer. */
    const doubled = createInstance(config(), {
      logger,
      mock: ({ resource, input }: MockInput) => {
        const refusals = input.validations.filter(isError);
        reached = {
          operation: resource,
          refusals,
          own: refusals.length > 0 ? undefined : double(resource, request),
        };
        const response = reached.own && prismResponse(reached.own);
        return () =>
          response ? { _tag: 'Right', right: response } : { _tag: 'Left', left: new Error('none') };
      },
    } as unknown as Components);
    const judged = await doubled.request(asked, operations, config())();
    if (reached === undefined) return { kind: 'refused', ...unrouted(judged) };
    const { operation, refusals, own } = reached;
    if (refusals.length > 0) {
      return { kind: 'refused', status: statusFor(operation, refusals), violations: refusals.map(violation) };
    }
    if (own === undefined) return exampleOf(await examples.request(asked, operations, config())());
    const drift = judged._tag === 'Right' ? judged.right.validations.output.filter(isError) : [];
    return drift.length === 0
      ? { kind: 'answered', answer: own }
      : { kind: 'drifted', operation: nameOf(operation), violations: drift.map(violation) };
  };
}

/* Routing and the request are skipped: the answer alone goes through Prism. */
const judge: Specification['judge'] = async (operation, answer) => {
  const unasked = { ...config(), checkSecurity: false, validateRequest: false };
  const instance = createInstance(unasked, {
    logger,
    route: () => ({ _tag: 'Right', right: operation }),
    mock: () => () => ({ _tag: 'Right', right: prismResponse(answer) }),
  } as unknown as Components);
  const request = { method: operation.method, url: { path: operation.path } } as IHttpRequest;
  const judged = await instance.request(request, [operation], unasked)();
  return judged._tag === 'Right' ? judged.right.validations.output.filter(isError).map(violation) : [];
};

type Judged = Awaited<ReturnType<ReturnType<PrismHttpInstance['request']>>>;
/** What Prism finds; severity 0 is an error. */
interface Diagnostic {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly code?: string | number;
  readonly severity: number;
}
interface MockInput {
  readonly resource: Operation;
  readonly input: { readonly validations: readonly Diagnostic[] };
}

const isError = ({ severity }: Pick<Diagnostic, 'severity'>) => severity === 0;
const violation = ({ path, message }: Diagnostic): Violation => ({ at: (path ?? []).map(String), message });

/** No path, or not this method: Prism says so with an error that has a status. */
function unrouted(judged: Judged): { status: number; violations: Violation[] } {
  const { status, message } = (judged._tag === 'Left' ? judged.left : new Error('Not routed.')) as Error & {
    status?: number;
  };
  return { status: status ?? 500, violations: [{ at: [], message }] };
}

/** 401 and 415 as they are; otherwise 422 where the operation declares it, and 400 where it does not. */
function statusFor(operation: Operation, refusals: readonly Diagnostic[]): number {
  const codes = refusals.map(({ code }) => Number(code));
  const plain = codes.find((code) => code === 401) ?? codes.find((code) => code === 415);
  return plain ?? (operation.responses.some(({ code }) => code === '422') ? 422 : 400);
}

function exampleOf(judged: Judged): Outcome {
  if (judged._tag === 'Left') return { kind: 'refused', ...unrouted(judged) };
  const { statusCode, headers, body } = judged.right.output;
  const texts = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return { kind: 'answered', answer: { status: statusCode, headers: Object.fromEntries(texts), body } };
}

function prismRequest({ method, path, query, headers, body }: VendorRequest): IHttpRequest {
  const names = [...new Set(query.keys())];
  const values = names.map((name) => {
    const all = query.getAll(name);
    return [name, all.length === 1 ? all[0] : all];
  });
  return {
    method: method.toLowerCase() as IHttpRequest['method'],
    url: { path, query: Object.fromEntries(values) },
    headers: { ...headers },
    body,
  };
}

const prismResponse = ({ status, headers, body }: VendorAnswer) => ({ statusCode: status, headers, body });
