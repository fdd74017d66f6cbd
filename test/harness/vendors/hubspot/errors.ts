import { randomUUID } from 'node:crypto';

/** What HubSpot answers a call that fails with: every error has these four, most have more. */
export interface ErrorBody {
  readonly status: string;
  readonly message: string;
  readonly correlationId: string;
  readonly category?: string;
  readonly [more: string]: unknown;
}

/** A call that HubSpot refuses, thrown by whoever finds it out and turned into the answer in one place. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.body = { status: 'error', message, correlationId: randomUUID(), ...more };
  }
}

/** One value that a record cannot take. */
export interface Problem {
  readonly property: string;
  readonly code: string;
  readonly message: string;
}

/** HubSpot puts its findings into the message as JSON, and again as `errors`. */
export function invalidValues(problems: readonly Problem[]): Refusal {
  const findings = problems.map(({ property, code, message }) => ({
    isValid: false,
    message,
    error: code,
    name: property,
    localizedErrorMessage: message,
  }));
  return new Refusal(400, `Property values were not valid: ${JSON.stringify(findings)}`, {
    category: 'VALIDATION_ERROR',
    errors: problems.map(({ property, code, message }) => ({
      message,
      code,
      context: { propertyName: [property] },
    })),
  });
}

export const invalidRequest = (message: string) =>
  new Refusal(400, message, { category: 'VALIDATION_ERROR' });

export const notFound = (message = 'resource not found') =>
  new Refusal(404, message, { category: 'OBJECT_NOT_FOUND' });

/** What HubSpot can do and this server cannot: said aloud, so that no test passes because of an empty answer. */
export const notModelled = (what: string) =>
  new Refusal(501, `This server does not model ${what}.`, { category: 'NOT_MODELLED' });

/** One failure of several in a 207, as the SDK's StandardError has it. */
export interface PartialError {
  readonly status: 'error';
  readonly category: string;
  readonly message: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
  readonly [more: string]: unknown;
}

/** A refusal of one input of a batch. */
export function partial(refusal: Refusal, context: PartialError['context']): PartialError {
  const { correlationId: _, status: __, category = 'VALIDATION_ERROR', message, ...more } = refusal.body;
  return { status: 'error', category, message, ...more, context };
}

interface Batch {
  readonly startedAt: number;
  readonly completedAt: number;
  readonly results: readonly unknown[];
  readonly errors: readonly PartialError[];
}

/** The answer to a batch: 207 as soon as one input failed, else the status that the call has when all is well. */
export function batchAnswer(status: number, { startedAt, completedAt, results, errors }: Batch) {
  const body = {
    status: 'COMPLETE',
    results,
    startedAt: new Date(startedAt).toISOString(),
    completedAt: new Date(completedAt).toISOString(),
  };
  if (errors.length === 0) return { status, body };
  return { status: 207, body: { ...body, numErrors: errors.length, errors } };
}
