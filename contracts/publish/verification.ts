import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { GraphQLSchema } from 'graphql';
import { type AnswerPlace, answerPlaces, enumValues } from './answer-places.ts';
import { knownState, type Pact, type PactInteraction } from './pact-file.ts';
import { providerSchema } from './provider-schema.ts';
import type { Exchange } from './stand-ins.ts';
import { readFailures } from './verifier-report.ts';
import type { ProviderPlace, VerifyJob, VerifyOutcome } from './verify-process.ts';

export type { ProviderPlace } from './verify-process.ts';

/** Why an interaction, or the whole, is not verified. */
export type VerificationCode =
  | 'NO_PACT'
  | 'STATE_UNKNOWN'
  | 'PROVIDER_UNREACHABLE'
  /** No recorded mutation makes the provider emit an event, or the gateway does not deliver it. */
  | 'EVENT_MISSING'
  | 'ANSWER_DIFFERS'
  | 'ANSWER_WITH_ERRORS';

export interface VerificationFailure {
  readonly code: VerificationCode;
  readonly message: string;
  /** Undefined where it is about no single one. */
  readonly interaction: PactInteraction | undefined;
  /** The field that differs, such as `Account.name`, where it could be told. */
  readonly coordinate: string | undefined;
}

/** An enum value that an answer had. */
export interface ReturnedValue {
  readonly enum: string;
  readonly value: string;
  readonly interaction: PactInteraction;
  /** Where it stood, such as `Lead.status`. */
  readonly coordinate: string;
}

/** What came of verifying one provider. */
export interface Verification {
  readonly provider: string;
  readonly pacts: readonly Pact[];
  /** Of all pacts together. */
  readonly interactions: number;
  /** Empty where the provider keeps its pacts. */
  readonly failures: readonly VerificationFailure[];
  /** Each enum value once for each interaction. */
  readonly returned: readonly ReturnedValue[];
}

/** Longer than all interactions of one provider take. */
const processMs = 120_000;
/** What is kept of what the verifier prints. */
const maxOutput = 8 * 1024 * 1024;

/**
 * Verifies a provider against pacts, in a process of its own. No pacts, a state that nobody can set and an answer with
 * `errors` are failures like an answer that differs. Never rejects for what a provider does.
 * Events are verified in a process of this project only: their pacts must not be given for a provider elsewhere.
 */
export async function verify(
  provider: string,
  place: ProviderPlace,
  pacts: readonly Pact[],
): Promise<Verification> {
  const interactions = pacts
    .flatMap((pact) => pact.interactions)
    .filter(({ request }) => request !== undefined || place.kind === 'own');
  const verification = { provider, pacts, interactions: interactions.length, returned: [] };
  if (interactions.length === 0) {
    const message = `There is no interaction that ${provider} would have to keep.`;
    return { ...verification, failures: [failure('NO_PACT', message)] };
  }
  const unknown = unknownStates(interactions);
  if (unknown.length > 0) return { ...verification, failures: unknown };
  const { outcome, output } = await inProcess({
    provider,
    place,
    pacts: pacts.map(({ file }) => resolve(file)),
    messages: interactions
      .filter(({ request }) => !request)
      .map(({ description, comments }) => ({ description, live: comments?.tributary?.live })),
    requests: interactions.flatMap(({ request }) => request?.body.content ?? []),
  });
  if (outcome === undefined) {
    return { ...verification, failures: [failure('PROVIDER_UNREACHABLE', lastLine(output))] };
  }
  const schema = outcome.sdl === undefined ? undefined : providerSchema(outcome.sdl);
  const answered = pair(interactions, outcome.exchanges);
  return {
    ...verification,
    failures: [
      ...differing(interactions, answered, schema, outcome, output),
      ...withErrors(answered),
      ...outcome.errors.map(({ description, message }) => {
        const interaction = interactions.find((one) => one.description === description);
        return failure('ANSWER_WITH_ERRORS', `A delivery with an error: ${message}`, interaction);
      }),
    ],
    returned: returnedValues(answered, schema),
  };
}

function failure(
  code: VerificationCode,
  message: string,
  interaction?: PactInteraction,
  coordinate?: string,
): VerificationFailure {
  return { code, message, interaction, coordinate };
}

/** The verifier takes a state that nobody handles for one that needs nothing. */
function unknownStates(interactions: readonly PactInteraction[]): VerificationFailure[] {
  return interactions.flatMap((interaction) =>
    interaction.providerStates
      .filter(({ name }) => name !== knownState)
      .map(({ name }) =>
        failure(
          'STATE_UNKNOWN',
          `Nobody can set the state "${name}"; there is "${knownState}".`,
          interaction,
        ),
      ),
  );
}

interface Answered {
  readonly interaction: PactInteraction;
  readonly exchange: Exchange;
  readonly data: unknown;
  readonly errors: readonly { readonly message?: string }[];
}

/** Which answers belong to which interactions: those to what it asks, which others may ask as well. */
function pair(interactions: readonly PactInteraction[], exchanges: readonly Exchange[]): readonly Answered[] {
  return exchanges.flatMap((exchange) => {
    const asked = parseOr(exchange.asked);
    const answer = parseOr(exchange.answer) as { data?: unknown; errors?: Answered['errors'] } | undefined;
    return interactions
      .filter(({ request }) => isDeepStrictEqual(request?.body.content, asked))
      .map((interaction) => ({ interaction, exchange, data: answer?.data, errors: answer?.errors ?? [] }));
  });
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function differing(
  interactions: readonly PactInteraction[],
  answered: readonly Answered[],
  schema: GraphQLSchema | undefined,
  { isKept, states, missing }: VerifyOutcome,
  output: string,
): VerificationFailure[] {
  // The verifier goes on where a state could not be set, and may even be content.
  if (states.length > 0) return states.map((message) => failure('STATE_UNKNOWN', message));
  if (isKept) return [];
  const failures = readFailures(output).flatMap(({ interaction: description, mismatches }) => {
    const interaction = interactions.find((one) => one.description === description);
    if (missing.includes(description)) {
      const why = interaction?.comments?.tributary?.live
        ? 'No subscriber gets'
        : 'No recorded mutation makes it emit';
      return failure('EVENT_MISSING', `${why} ${description}.`, interaction);
    }
    const places = placesOf(
      answered.find((one) => one.interaction === interaction),
      schema,
    );
    return mismatches.map(({ path, message }) => {
      const coordinate = places.find((place) => place.path === path)?.coordinate;
      const where = path === undefined ? '' : `${path.replace('$.data.', '')}: `;
      return failure('ANSWER_DIFFERS', `${where}${message}`, interaction, coordinate);
    });
  });
  return failures.length > 0 ? failures : [failure('ANSWER_DIFFERS', lastLine(output))];
}

function placesOf(answered: Answered | undefined, schema: GraphQLSchema | undefined): readonly AnswerPlace[] {
  const request = answered?.interaction.request?.body.content;
  if (!answered || !request || !schema) return [];
  return [...answerPlaces(schema, request, answered.data)];
}

/** A pact's answer may have more than it says; `errors` beside whole data would pass unseen. */
function withErrors(answered: readonly Answered[]): VerificationFailure[] {
  return answered.flatMap(({ interaction, errors }) =>
    errors.map(({ message }) =>
      failure('ANSWER_WITH_ERRORS', `An answer with an error: ${message}`, interaction),
    ),
  );
}

function returnedValues(
  answered: readonly Answered[],
  schema: GraphQLSchema | undefined,
): readonly ReturnedValue[] {
  const values = answered.flatMap((one) =>
    enumValues(placesOf(one, schema)).map(({ enum: name, value, place }): [string, ReturnedValue] => [
      `${one.interaction.description} ${place.coordinate} ${name}.${value}`,
      { enum: name, value, interaction: one.interaction, coordinate: place.coordinate },
    ]),
  );
  return [...new Map(values).values()];
}

function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}

/** The process must not find a broker: the verifier reads its address beside local files. */
function inProcess(job: VerifyJob): Promise<{ outcome: VerifyOutcome | undefined; output: string }> {
  const { PACT_BROKER_BASE_URL: _, PACT_BROKER_TOKEN: __, ...env } = process.env;
  const script = new URL('verify-process.ts', import.meta.url).pathname;
  return new Promise((done, failed) => {
    const child = fork(script, [JSON.stringify(job)], {
      env: { ...env, PACT_DO_NOT_TRACK: 'true', APOLLO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      timeout: processMs,
    });
    let output = '';
    let outcome: VerifyOutcome | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-maxOutput);
      });
    }
    child.on('message', (message) => {
      outcome = message as VerifyOutcome;
    });
    child.on('error', failed);
    child.on('close', () => done({ outcome, output }));
  });
}
