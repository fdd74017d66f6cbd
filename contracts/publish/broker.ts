import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { applicationOf } from './application.ts';
import type { Pact } from './pact-file.ts';
import { ConfigError } from './supergraph-config.ts';

/**
 * What an application asks of another one. A broker weighs applications: what is deployed together, such as a subgraph
 * and its consumers of events, has to be one participant, and all it asks of a provider one pact.
 */
export interface BrokerPact {
  readonly consumer: string;
  readonly provider: string;
  readonly parts: readonly Pact[];
}

/** What an application asks of itself keeps the name of its part: whatever goes somewhere has both. */
export function brokerPacts(pacts: readonly Pact[]): readonly BrokerPact[] {
  const participantOf = ({ consumer, provider }: Pact) => {
    const application = applicationOf(consumer);
    return application === provider ? consumer : application;
  };
  const groups = Map.groupBy(pacts, (pact) => JSON.stringify([participantOf(pact), pact.provider]));
  return [...groups.values()].flatMap((parts) => {
    const [first] = parts;
    return first ? [{ consumer: participantOf(first), provider: first.provider, parts }] : [];
  });
}

/** A Pact Broker, or what speaks like one. */
export interface Broker {
  /** Publishes the pacts of one version of their consumers. */
  readonly publishPacts: (
    pacts: readonly BrokerPact[],
    version: (consumer: string) => Promise<string>,
  ) => Promise<void>;
  /** Publishes what a version of the provider made of a pact that was published. */
  readonly publishResult: (pact: BrokerPact, consumerVersion: string, result: BrokerResult) => Promise<void>;
  /** Whether a version may go into an environment, in the broker's words. */
  readonly canIDeploy: (application: string, version: string, to: string) => Promise<Deployable>;
  /** Takes down that a version runs in an environment. */
  readonly recordDeployed: (application: string, version: string, to: string) => Promise<void>;
}

export interface BrokerResult {
  readonly version: string;
  readonly kept: boolean;
}

export interface Deployable {
  readonly isDeployable: boolean;
  readonly reason: string;
}

const timeoutMs = 15_000;

const pactPage = z.object({
  _links: z.object({ 'pb:publish-verification-results': z.object({ href: z.string() }) }),
});
const versionPage = z.object({
  _links: z.object({ 'pb:record-deployment': z.array(z.object({ name: z.string(), href: z.string() })) }),
});
const answerPage = z.object({
  summary: z.object({ deployable: z.boolean().nullable(), reason: z.string() }),
});

/** The broker of PACT_BROKER_BASE_URL and PACT_BROKER_TOKEN; undefined where neither is set. */
export function brokerOf(env: NodeJS.ProcessEnv = process.env): Broker | undefined {
  const { PACT_BROKER_BASE_URL: base, PACT_BROKER_TOKEN: token } = env;
  if (!base) return undefined;
  if (!URL.canParse(base)) throw new ConfigError(`PACT_BROKER_BASE_URL is "${base}", which is no URL.`);
  if (!token) throw new ConfigError('PACT_BROKER_BASE_URL needs PACT_BROKER_TOKEN beside it.');
  return openBroker(base.replace(/\/$/, ''), token);
}

function openBroker(base: string, token: string): Broker {
  const ask = (method: string, path: string, body?: object) =>
    send(path.startsWith('http') ? path : `${base}${path}`, token, method, body);
  return {
    publishPacts: async (pacts, version) => {
      for (const pact of pacts) {
        const { consumer, provider } = pact;
        const content = Buffer.from(await contentOf(pact)).toString('base64');
        const contract = { consumerName: consumer, providerName: provider, specification: 'pact' };
        await ask('POST', '/contracts/publish', {
          pacticipantName: consumer,
          pacticipantVersionNumber: await version(consumer),
          contracts: [{ ...contract, contentType: 'application/json', content }],
        });
      }
    },
    publishResult: async ({ consumer, provider }, consumerVersion, { version, kept }) => {
      const path = `/pacts/provider/${part(provider)}/consumer/${part(consumer)}/version/${part(consumerVersion)}`;
      const { _links: links } = pactPage.parse(await ask('GET', path));
      const { href } = links['pb:publish-verification-results'];
      await ask('POST', href, { success: kept, providerApplicationVersion: version });
    },
    canIDeploy: async (application, version, to) => {
      const query = new URLSearchParams({ pacticipant: application, version, environment: to });
      const { summary } = answerPage.parse(await ask('GET', `/can-i-deploy?${query}`));
      return { isDeployable: summary.deployable === true, reason: summary.reason };
    },
    recordDeployed: async (application, version, to) => {
      const path = `/pacticipants/${part(application)}/versions/${part(version)}`;
      const { _links: links } = versionPage.parse(await ask('GET', path));
      const link = links['pb:record-deployment'].find(({ name }) => name === to);
      if (!link) throw new ConfigError(`The broker has no environment "${to}".`);
      await ask('POST', link.href, {});
    },
  };
}

/** As it was recorded; several parts are put together under the application's name. */
async function contentOf({ consumer, parts }: BrokerPact): Promise<string> {
  const texts = await Promise.all(parts.map(({ file }) => readFile(file, 'utf8')));
  const [first] = texts;
  const isAlone = parts.length === 1 && parts[0]?.consumer === consumer;
  if (isAlone && first !== undefined) return first;
  const contents = texts.map((text) => JSON.parse(text) as { readonly interactions: readonly unknown[] });
  const interactions = contents.flatMap((content) => content.interactions);
  return JSON.stringify({ ...contents[0], consumer: { name: consumer }, interactions });
}

function part(text: string): string {
  return encodeURIComponent(text);
}

/** Rejects with a ConfigError that names the request, and never the token. */
async function send(url: string, token: string, method: string, body: object | undefined): Promise<unknown> {
  const told = `The broker's ${method} ${new URL(url).pathname}`;
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/hal+json',
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: Error) => {
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new ConfigError(`${told} does not come through: ${reason}.`);
  });
  const text = await response.text();
  if (!response.ok) throw new ConfigError(`${told} is answered ${response.status}: ${text.slice(0, 500)}`);
  return text === '' ? undefined : JSON.parse(text);
}
