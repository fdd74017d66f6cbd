import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Asker, type AskGraph, openGraph } from '#chassis/graph.ts';
import { viewerHeader } from '#chassis/identity.ts';
import { isLoopback } from '#gateway/edge/loopback.ts';
import type { SignViewer } from '#gateway/identity/internal-token.ts';
import { readYaml } from '#gateway/yaml-text.ts';
import { type AskConsent, consentThroughGateway, nobodyToAsk } from '#subgraphs/email/ask-consent.ts';
import { type AskContacts, contactsThroughGateway, noContacts } from '#subgraphs/email/contacts.ts';

/**
 * Asks a subgraph of the same process at its own URL, as a machine of the asker's tenant.
 * @param sign vouches for it; without, the subgraph takes everybody on loopback for the local viewer
 * @param scopes that the machine has
 */
export function askSubgraph(
  { name, url }: { readonly name: string; readonly url: string },
  asking: string,
  sign: SignViewer | undefined,
  scopes: readonly string[] = [],
): AskGraph {
  const headers = ({ tenant, requestId }: Asker): Record<string, string> => {
    if (sign === undefined) return {};
    const machine = { kind: 'machine', id: asking, roles: [], scopes, tenant } as const;
    return { [viewerHeader]: sign(machine, name, requestId) };
  };
  return openGraph({ url, headers });
}

const tokensShape = z.record(z.string().min(1), z.string().min(1));

/** What the email subgraph asks the graph for. */
export interface EmailQuestions {
  readonly consent: AskConsent;
  readonly contacts: AskContacts;
}

/**
 * What a subgraph in a process of its own asks for consent and contacts: the gateway that `GRAPH_URL` names, with the
 * token of the tenant in the file that `GRAPH_TOKENS` names, YAML of `tenant: token`. The file is read for every question,
 * so that renewed tokens count at once. Without `GRAPH_URL` nobody is asked, and the error says so.
 *
 * Throws an Error naming a URL that must not get a token, or a file that cannot be read.
 */
export async function emailQuestions(env: NodeJS.ProcessEnv): Promise<EmailQuestions> {
  const { GRAPH_URL: setting, GRAPH_TOKENS: file } = env;
  if (!setting) {
    const remedy = 'Set GRAPH_URL to the gateway, and GRAPH_TOKENS to a file with a token for each tenant.';
    return { consent: nobodyToAsk(remedy), contacts: noContacts(remedy) };
  }
  const url = graphUrl(setting);
  if (!file) throw new Error('GRAPH_URL is set without GRAPH_TOKENS: name a file of YAML "tenant: token".');
  await readTokens(file);
  const headers = async ({ tenant }: Asker) => {
    const token = (await readTokens(file))[tenant];
    if (token === undefined) throw new Error(`The file ${file} of GRAPH_TOKENS has no tenant "${tenant}".`);
    return { authorization: `Bearer ${token}` };
  };
  const ask = openGraph({ url, headers });
  return { consent: consentThroughGateway(ask), contacts: contactsThroughGateway(ask) };
}

function graphUrl(setting: string): string {
  const url = URL.canParse(setting) ? new URL(setting) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host))) return url.href;
  throw new Error(
    `GRAPH_URL is "${setting}": give the gateway's https URL, such as https://graph.example/graphql (http is for loopback alone).`,
  );
}

async function readTokens(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The file ${file} of GRAPH_TOKENS cannot be read (${error.code}).`);
  });
  return readYaml(file, text, tokensShape, 'is no file of tokens');
}
