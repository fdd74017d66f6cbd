import { randomFillSync, randomUUID } from 'node:crypto';

/** Where a request stands in a distributed trace, see https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  readonly traceId: string;
  /** The header that subgraphs get: the client's trace, or a new one, with our own span as parent. */
  readonly traceparent: string;
  /** Vendors' part of the trace, passed on untouched beside a valid `traceparent`. */
  readonly tracestate: string | undefined;
  /** Whether whoever began the trace records it. */
  readonly isSampled: boolean;
}

const requestIdShape = /^[\w.:~+=/@-]{1,128}$/;
const traceparentShape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);
const longestTracestate = 512;

/** The client's request id where it is a plain token of at most 128 characters, otherwise a new one. */
export function requestIdFrom(header: string | string[] | undefined): string {
  return typeof header === 'string' && requestIdShape.test(header) ? header : randomUUID();
}

/** Continues the client's trace with a span of our own, or starts one where the header is absent or broken. */
export function continueTrace(
  traceparent: string | string[] | undefined,
  tracestate: string | string[] | undefined,
): TraceContext {
  const parts = typeof traceparent === 'string' ? traceparentShape.exec(traceparent) : null;
  const [, version, traceId, parent, flags, rest] = parts ?? [];
  const isValid =
    version !== undefined &&
    version !== 'ff' &&
    (version !== '00' || rest === undefined) &&
    traceId !== noTrace &&
    parent !== noSpan;
  if (!isValid || traceId === undefined || flags === undefined) {
    return newTrace(true);
  }
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  const state = Array.isArray(tracestate) ? tracestate.join(',') : tracestate;
  return {
    traceId,
    traceparent: traceparentOf(traceId, isSampled),
    tracestate: state !== undefined && state.length <= longestTracestate ? state : undefined,
    isSampled,
  };
}

/** Starts a trace. */
export function newTrace(isSampled: boolean): TraceContext {
  const traceId = randomHex(16);
  return { traceId, traceparent: traceparentOf(traceId, isSampled), tracestate: undefined, isSampled };
}

function traceparentOf(traceId: string, isSampled: boolean): string {
  return `00-${traceId}-${randomHex(8)}-0${isSampled ? 1 : 0}`;
}

/* Random bytes are drawn in blocks: a system call for each id would cost more than all of the rest here. */
const block = Buffer.alloc(4096);
let used = block.length;

function randomHex(bytes: number): string {
  if (used + bytes > block.length) {
    randomFillSync(block);
    used = 0;
  }
  const text = block.toString('hex', used, used + bytes);
  used += bytes;
  return text;
}
