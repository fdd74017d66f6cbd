import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { GatewayKeys } from '#chassis/identity.ts';
import { type RunningSubgraph, serveSubgraph } from '#chassis/serve.ts';
import { storeLocation } from '#chassis/store/store.ts';
import type { SignViewer } from '#gateway/identity/internal-token.ts';
import { type Analytics, openAnalytics, warehouseLocation } from '#subgraphs/analytics/main.ts';
import { type Consent, openConsent } from '#subgraphs/consent/main.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { consentOfSubgraph } from '#subgraphs/email/ask-consent.ts';
import { contactsOfSubgraph } from '#subgraphs/email/contacts.ts';
import { type Email, openEmail } from '#subgraphs/email/main.ts';
import { portSetting } from '../settings.ts';
import { askSubgraph } from './ask-graph.ts';
import { dataFolder } from './data-folder.ts';
import { commandLog } from './log.ts';
import { type Vendors, vendorsFrom } from './vendors-file.ts';

/** The subgraphs of this house with their stores open. */
export interface Parts {
  readonly crm: Crm;
  readonly email: Email;
  readonly analytics: Analytics;
  readonly consent: Consent;
}

export type PartName = keyof Parts;

/** Called for every statement that a part's store runs: tests count with it. */
export type OnQuery = (name: PartName, sql: string) => void;

/** Where parts keep their rows, beside the data folder: see `storeLocation` and `warehouseLocation`. */
type Env = NodeJS.ProcessEnv;

interface Place {
  readonly dataDir: string;
  readonly env: Env;
  readonly vendors: Vendors;
  readonly onQuery?: ((sql: string) => void) | undefined;
}

const openers: { readonly [Name in PartName]: (place: Place) => Promise<Parts[Name]> } = {
  crm: ({ dataDir, env, vendors, onQuery }) =>
    openCrm({ location: storeLocation('crm', dataDir, env), vendors: vendors.crm, onQuery }),
  email: ({ dataDir, env, vendors, onQuery }) =>
    openEmail({ location: storeLocation('email', dataDir, env), vendors: vendors.email, onQuery }),
  analytics: ({ dataDir, env, onQuery }) =>
    openAnalytics({
      warehouse: warehouseLocation(dataDir, env),
      location: storeLocation('analytics', dataDir, env),
      onQuery,
    }),
  consent: ({ dataDir, env, onQuery }) =>
    openConsent({ location: storeLocation('consent', dataDir, env), onQuery }),
};

export const partNames = Object.keys(openers) as readonly PartName[];

export function isPartName(name: string): name is PartName {
  return Object.hasOwn(openers, name);
}

/** What subgraphs are opened with, beside the data folder. */
export interface OpenOptions {
  readonly env?: Env | undefined;
  /** Of the vendors; the command's on standard error where there is none. */
  readonly log?: Logger | undefined;
  /** Where calls to vendors are counted. */
  readonly registry?: Registry | undefined;
}

/**
 * Opens one subgraph's store in the data folder, or on PostgreSQL where its URL is set, with the vendors that
 * `VENDORS_FILE` has for it.
 */
export async function openPart<Name extends PartName>(
  name: Name,
  dataDir: string,
  { env = process.env, log = commandLog(), registry }: OpenOptions = {},
): Promise<Parts[Name]> {
  await dataFolder(dataDir);
  const vendors = await vendorsFrom(env, log, registry);
  return openers[name]({ dataDir, env, vendors });
}

/** Opens all, each as `openPart` does; where one cannot be opened those that were are closed again. */
export async function openParts(
  dataDir: string,
  {
    env = process.env,
    log = commandLog(),
    registry,
    onQuery,
  }: OpenOptions & { readonly onQuery?: OnQuery | undefined } = {},
): Promise<Parts> {
  await dataFolder(dataDir);
  const vendors = await vendorsFrom(env, log, registry);
  const opened: Partial<Record<PartName, Parts[PartName]>> = {};
  try {
    for (const name of partNames) {
      const counted = onQuery && ((sql: string) => onQuery(name, sql));
      opened[name] = await openers[name]({ dataDir, env, vendors, onQuery: counted });
    }
    return opened as Parts;
  } catch (error) {
    for (const part of Object.values(opened)) await part.subgraph.close();
    throw error;
  }
}

export async function closeParts(parts: Parts): Promise<void> {
  for (const name of partNames) await parts[name].subgraph.close();
}

/** The gateway of the same process: how its word is checked, and how to ask with it. */
export interface OwnGateway {
  readonly keys: GatewayKeys;
  readonly sign: SignViewer;
}

/**
 * Serves every subgraph on loopback, on its `<NAME>_PORT` or else a free port, and tells each where those are that it
 * asks.
 * @param gateway that they answer; without, they answer everybody on loopback as the local viewer
 */
export async function serveParts(
  parts: Parts,
  log: Logger,
  gateway?: OwnGateway,
): Promise<readonly RunningSubgraph[]> {
  const running: RunningSubgraph[] = [];
  try {
    for (const name of partNames) {
      const port = portSetting(`${name.toUpperCase()}_PORT`, 0);
      const options = { host: '127.0.0.1', port, log, keys: gateway?.keys };
      running.push(await serveSubgraph(parts[name].subgraph, options));
    }
    const consent = running.find(({ name }) => name === 'consent');
    if (consent) parts.email.connectConsent(consentOfSubgraph(askSubgraph(consent, 'email', gateway?.sign)));
    const crm = running.find(({ name }) => name === 'crm');
    if (crm) {
      const ask = askSubgraph(crm, 'email', gateway?.sign, ['contact:read']);
      parts.email.connectContacts(contactsOfSubgraph(ask));
    }
    return running;
  } catch (error) {
    for (const subgraph of running) await subgraph.close();
    throw error;
  }
}
