import type { Logger } from 'pino';
import { Pool } from 'undici';
import type { ZodType } from 'zod';
import type { Attempt, CallOptions, VendorCalls } from './calls.ts';
import type { AuthHeaders, Credentials } from './credentials.ts';
import { VendorError } from './error.ts';
import {
  limitsIn,
  type ReadOptions,
  type Reason,
  readVendorAnswer,
  type Said,
  type VendorAnswer,
} from './http-answer.ts';
import { assertOrigin, pathOf, type QueryValues } from './http-path.ts';

export interface VendorHttpOptions {
  readonly vendor: string;
  /** Such as `https://api.example.com`; http on loopback alone. */
  readonly origin: string;
  readonly calls: VendorCalls;
  readonly credentials: Credentials;
  /** Of every request, beside those of credentials and body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the vendor says in the body of a refusal, JSON or text; null where there is nothing to be found in it. */
  readonly reasonOf?: (body: unknown, status: number) => Reason | null;
  /** What the vendor says of its limits in any answer. */
  readonly limitOf?: ReadOptions<unknown>['limitOf'];
  /** Which limit the body of a 429 says is reached; null where it does not say. */
  readonly reachedOf?: ReadOptions<unknown>['reachedOf'];
  /** Statuses beside 429 by which the vendor asks to be left alone for a while. */
  readonly limiting?: readonly number[];
  /** Bytes of an answer. Default 10 MB. */
  readonly maxAnswerBytes?: number;
  /** Connections to the vendor. Default 10. */
  readonly connections?: number;
  readonly log: Logger;
}

export interface VendorRequest<Answer> extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With places for values, `/people/{email}`: it may stand in messages and in the log, and they may not. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string | number>>;
  /** What is undefined is left out, a list is repeated. */
  readonly query?: QueryValues;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** The answer's body, `undefined` where it has none. What does not fit is no answer. */
  readonly answer: ZodType<Answer>;
  /** Other statuses than 200 to 299 whose body is to be read as an answer. */
  readonly expect?: readonly number[];
}

export interface VendorHttp {
  /**
   * One call, in the limits of its class. Rejects with a `VendorError`: 401 and 403 as `unauthorized`, the first after
   * new credentials were refused too; 429, and what is `limiting`, as `limited`; 408, 425, 5xx and answers that are none as `unavailable`; any
   * other status that is not expected as `refused`. Redirects are not followed.
   */
  readonly request: <Answer>(request: VendorRequest<Answer>) => Promise<VendorAnswer<Answer>>;
  readonly close: () => Promise<void>;
}

const connectTimeoutMs = 5_000;

/** @throws Error for an origin that credentials cannot be sent to. */
export function openVendorHttp(options: VendorHttpOptions): VendorHttp {
  const { vendor, origin, calls, credentials, reasonOf, limitOf, reachedOf, limiting } = options;
  const { maxAnswerBytes = 10_000_000, connections = 10 } = options;
  const log = options.log.child({ vendor });
  const pool = new Pool(assertOrigin(vendor, origin), {
    connections,
    connect: { timeout: connectTimeoutMs },
    // Each attempt has one deadline over all of it, so undici's own timers would only repeat it.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerBytes,
  });

  const send = async <Answer>(
    request: VendorRequest<Answer>,
    { target, credential }: { readonly target: string; readonly credential: AuthHeaders },
    { signal, saw }: Attempt,
  ): Promise<Said> => {
    const { method, path, body, contentType = 'application/json' } = request;
    const said = await pool
      .request({
        method,
        path: target,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': contentType }),
          ...options.headers,
          ...credential,
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal,
      })
      .then(async (response) => ({ ...response, text: await response.body.text() }))
      .catch((cause: unknown) => {
        const message = `${method} ${path}: ${lossOf(cause)}`;
        throw new VendorError(vendor, { kind: 'unavailable' }, message, { cause });
      });
    for (const limit of limitsIn(said.headers, limitOf)) saw(limit);
    return said;
  };

  return {
    request: async <Answer>(request: VendorRequest<Answer>) => {
      const { signal, path, method, endpoint, urgency, repeatable } = request;
      const target = pathOf(path, request.params, request.query);
      const call = async (credential: AuthHeaders) => {
        let status = 0;
        try {
          const answer = await calls.run({ endpoint, urgency, repeatable, signal }, async (attempt) => {
            const said = await send(request, { target, credential }, attempt);
            status = said.statusCode;
            return readVendorAnswer(said, { vendor, request, reasonOf, limitOf, reachedOf, limiting });
          });
          return { kind: 'answered' as const, answer };
        } catch (error) {
          // 401 says that credentials are wrong, 403 that they are right and do not suffice.
          if (status === 401 && error instanceof VendorError) return { kind: 'unknown' as const, error };
          throw error;
        }
      };

      const credential = await credentials.headers(signal);
      const first = await call(credential);
      if (first.kind === 'answered') return first.answer;
      if (!(await credentials.refresh(signal, credential))) throw first.error;
      // What was refused for its sender has done nothing, so that it may be sent again whatever it is.
      log.info({ method, path }, 'credentials were refused; new ones are tried');
      const second = await call(await credentials.headers(signal));
      if (second.kind === 'answered') return second.answer;
      throw second.error;
    },
    close: () => pool.destroy(),
  };
}

/** undici's messages quote no request, but a header that is none. */
function lossOf(cause: unknown): string {
  const { code, name } = cause as { code?: string; name?: string };
  return `no answer, ${code ?? name ?? 'the connection was lost'}`;
}
