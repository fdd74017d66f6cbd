/**
 * Verifies one provider against pacts: a process of its own, since the verifier writes to the native standard output
 * and holds native locks. It is given its job as JSON, says on standard output what the verifier says, and sends what
 * went through to its parent.
 */
import { Verifier } from '@pact-foundation/pact';
import type { Asked } from './emitted-events.ts';
import type { Place } from './own-places.ts';
import { knownState, type LiveRequest } from './pact-file.ts';
import { type Exchange, openStandIn } from './stand-ins.ts';

/** Who is verified. */
export type ProviderPlace =
  /** In the verifying process, with examples of its own, on embedded stores. */
  | { readonly kind: 'own' }
  /** Where a team runs it; `stateUrl` is posted to before each interaction, where there is one. */
  | { readonly kind: 'url'; readonly url: string; readonly stateUrl: string | undefined };

/** A message that the provider must bring about. */
export interface AskedMessage {
  /** Begins with the type of an event that the provider must emit, unless it is a delivery. */
  readonly description: string;
  readonly live: LiveRequest | undefined;
}

export interface VerifyJob {
  readonly provider: string;
  readonly pacts: readonly string[];
  readonly messages: readonly AskedMessage[];
  /** What makes it emit them. */
  readonly requests: readonly Asked[];
  readonly place: ProviderPlace;
}

/** What the process sends. */
export interface VerifyOutcome {
  readonly isKept: boolean;
  readonly exchanges: readonly Exchange[];
  /** States that could not be set, in words. */
  readonly states: readonly string[];
  /** Messages that nothing brought about. */
  readonly missing: readonly string[];
  /** Errors of what was delivered, by the message's description. */
  readonly errors: readonly { readonly description: string; readonly message: string }[];
  /** What the provider says its schema is. */
  readonly sdl: string | undefined;
}

const supergraphFile = new URL('../../supergraph.graphql', import.meta.url).pathname;
const stateMs = 10_000;
const interactionMs = 10_000;

async function verify({
  provider,
  pacts,
  messages,
  requests,
  place: kind,
}: VerifyJob): Promise<VerifyOutcome> {
  const place = await openPlace(provider, kind);
  const standIn = await openStandIn(place.url);
  const states = new Set<string>();
  const missing = new Set<string>();
  const errors: VerifyOutcome['errors'][number][] = [];
  try {
    const sdl = place.sdl ?? (await askSdl(place.url));
    let emitted: Promise<ReadonlyMap<string, object>> | undefined;
    const find = async ({ description, live }: AskedMessage): Promise<object | undefined> => {
      if (live) {
        const delivered = await place.delivered(live);
        for (const { message } of delivered?.errors ?? []) errors.push({ description, message });
        return delivered;
      }
      emitted ??= place.emitted(requests);
      return (await emitted).get(description.split(' ')[0] as string);
    };
    const bring = async (asked: AskedMessage) => {
      const found = await find(asked);
      if (!found) missing.add(asked.description);
      return found ?? {};
    };
    const isKept = await new Verifier({
      provider,
      providerBaseUrl: new URL(standIn.url).origin,
      pactUrls: [...pacts],
      logLevel: 'error',
      timeout: interactionMs,
      ...(messages.length > 0 && {
        messageProviders: Object.fromEntries(messages.map((one) => [one.description, () => bring(one)])),
      }),
      stateHandlers: {
        [knownState]: async (params: unknown) => {
          await place
            .entityExists((params ?? {}) as Readonly<Record<string, string>>)
            .catch((error: Error) => {
              states.add(error.message);
              throw error;
            });
          return undefined;
        },
      },
    })
      .verifyProvider()
      .then(
        () => true,
        () => false,
      );
    return { isKept, exchanges: standIn.seen, states: [...states], missing: [...missing], errors, sdl };
  } finally {
    await standIn.close();
    await place.close();
  }
}

function openPlace(provider: string, place: ProviderPlace): Promise<Place> | Place {
  if (place.kind === 'own') return openOwn(provider);
  const { url, stateUrl } = place;
  return {
    url,
    entityExists: async (params) => {
      if (stateUrl !== undefined) await setState(stateUrl, params);
    },
    emitted: async () => new Map(),
    delivered: async () => undefined,
    close: async () => {},
  };
}

/** What serves it is loaded only here: a provider elsewhere is verified sooner without. */
async function openOwn(provider: string): Promise<Place> {
  const { openGateway, openSubgraph } = await import('./own-places.ts');
  return provider === 'gateway' ? openGateway(supergraphFile) : openSubgraph(provider);
}

/** As Pact's own verifiers ask for a state. */
async function setState(url: string, params: Readonly<Record<string, string>>): Promise<void> {
  const told = `${params.typename} ${params.id ?? ''}`.trimEnd();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ state: knownState, params, action: 'setup' }),
    signal: AbortSignal.timeout(stateMs),
  }).catch((error: Error) => {
    throw new Error(`${url} cannot be asked to hold ${told}: ${error.message}.`);
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${url} answers ${response.status} to "${knownState}" for ${told}.`);
}

async function askSdl(url: string): Promise<string | undefined> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{_service{sdl}}' }),
    signal: AbortSignal.timeout(stateMs),
  }).catch((error: Error) => {
    const { cause } = error;
    throw new Error(`${url} cannot be asked: ${cause instanceof Error ? cause.message : error.message}.`);
  });
  const answer = (await response.json().catch(() => undefined)) as
    | { readonly data?: { readonly _service?: { readonly sdl?: string } } }
    | undefined;
  return answer?.data?._service?.sdl;
}

const outcome = await verify(JSON.parse(process.argv[2] ?? '{}')).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  return undefined;
});
process.exitCode = outcome === undefined ? 2 : 0;
// A channel that is closed before it has taken the whole of a message drops it.
if (outcome) process.send?.(outcome, () => process.disconnect());
else process.disconnect?.();
