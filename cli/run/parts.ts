import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type RunningSubgraph, serveSubgraph } from '#chassis/serve.ts';
import { storeLocation } from '#chassis/store/store.ts';
import { type Analytics, openAnalytics } from '#subgraphs/analytics/main.ts';
import { type Consent, openConsent } from '#subgraphs/consent/main.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { type Email, openEmail } from '#subgraphs/email/main.ts';
import { portSetting } from '../settings.ts';

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

type Opener<Part> = (dataDir: string, onQuery?: (sql: string) => void) => Promise<Part>;

const openers: { readonly [Name in PartName]: Opener<Parts[Name]> } = {
  crm: (dataDir, onQuery) => openCrm({ location: storeLocation('crm', dataDir), onQuery }),
  email: (dataDir, onQuery) => openEmail({ location: storeLocation('email', dataDir), onQuery }),
  analytics: (dataDir, onQuery) => openAnalytics({ file: join(dataDir, 'analytics.duckdb'), onQuery }),
  consent: (dataDir, onQuery) => openConsent({ location: storeLocation('consent', dataDir), onQuery }),
};

export const partNames = Object.keys(openers) as readonly PartName[];

/** Opens one subgraph's store in the data folder, or on PostgreSQL where its URL is set. */
export async function openPart<Name extends PartName>(name: Name, dataDir: string): Promise<Parts[Name]> {
  await dataFolder(dataDir);
  return openers[name](dataDir);
}

/** Opens all; where one cannot be opened those that were are closed again. */
export async function openParts(dataDir: string, onQuery?: OnQuery): Promise<Parts> {
  await dataFolder(dataDir);
  const opened: Partial<Record<PartName, Parts[PartName]>> = {};
  try {
    for (const name of partNames) {
      opened[name] = await openers[name](dataDir, onQuery && ((sql) => onQuery(name, sql)));
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

/** Serves every subgraph on loopback, on its `<NAME>_PORT` or else a free port. */
export async function serveParts(parts: Parts, log: Logger): Promise<readonly RunningSubgraph[]> {
  const running: RunningSubgraph[] = [];
  try {
    for (const name of partNames) {
      const port = portSetting(`${name.toUpperCase()}_PORT`, 0);
      running.push(await serveSubgraph(parts[name].subgraph, { host: '127.0.0.1', port, log }));
    }
    return running;
  } catch (error) {
    for (const subgraph of running) await subgraph.close();
    throw error;
  }
}

/** Makes the data folder, and says in one line why it can't be used. */
async function dataFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
  } catch (error) {
    throw new Error(
      `The data folder ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code}); set DATA_DIR to one that can.`,
    );
  }
}
