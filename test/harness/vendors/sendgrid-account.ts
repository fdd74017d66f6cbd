import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { openStore } from '#chassis/store/store.ts';
import { type CallLimitTables, createCallLimits } from '#chassis/vendor/limit-store.ts';
import type { EmailSystem } from '#subgraphs/email/adapters/email.ts';
import { openSendgrid, type SendgridOptions } from '#subgraphs/email/adapters/sendgrid.ts';
import { collectLog } from '../log.ts';
import { temporaryStore } from '../stores.ts';
import { type FaultProxy, startFaultProxy, vendorClock } from './fault-proxy.ts';
import { type SendGridDouble, type SendGridOptions, startSendGrid } from './sendgrid.ts';

export const automation = '8a9c24ee-1c4d-4e0e-9d57-0ab17b4c4f2e';
export const list = '3f9c1c6e-5b1e-4c53-9a9c-3d8e3c0b7a11';
export const singleSend = '27c21bbf-a12c-440b-b8bf-c526975328ca';
export const consentGroup = 4711;
export const apiKey = 'SG.a-key-that-stands-in-no-log';

export const mapping = {
  singleSends: { draft: 'DRAFT', scheduled: 'SCHEDULED', triggered: 'COMPLETED' },
  enrolling: [{ list, automation, name: 'Nurture', status: 'ACTIVE' }],
  suppressions: {
    bounces: 'BOUNCE',
    invalid_emails: 'BOUNCE',
    blocks: 'none',
    spam_reports: 'COMPLAINT',
    unsubscribes: 'UNSUBSCRIBE',
  },
};

export interface SendgridAccountOptions {
  readonly double?: SendGridOptions;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly mapping?: object;
  readonly options?: Partial<SendgridOptions<CallLimitTables>>;
}

export interface SendgridAccount {
  readonly double: SendGridDouble;
  readonly proxy: FaultProxy;
  readonly system: EmailSystem;
  /** Opens another system on the same account and limits. */
  readonly open: () => Promise<EmailSystem>;
  readonly log: { readonly text: () => string };
  /** Also fails where the double left SendGrid's specification. */
  readonly close: () => Promise<void>;
}

/** An account at SendGrid's double behind a fault proxy, with what the adapter needs of its surroundings. */
export async function startSendgridAccount(given: SendgridAccountOptions = {}): Promise<SendgridAccount> {
  const clock = vendorClock();
  const double = await startSendGrid({
    apiKeys: [apiKey],
    now: clock.now,
    ...given.double,
    seed: {
      lists: [{ id: list, name: 'Newcomers' }],
      groups: [{ id: consentGroup, name: 'No consent', description: 'Kept by Tributary' }],
      singleSends: [{ id: singleSend, name: 'News' }],
      ...given.double?.seed,
    },
  });
  const proxy = await startFaultProxy(double.url, clock);
  const place = await temporaryStore('sqlite');
  const migrations = { '001_limits': createCallLimits };
  const store = await openStore<CallLimitTables>({ name: 'limits', location: place.location, migrations });
  const folder = await mkdtemp(join(tmpdir(), 'tributary-sendgrid-'));
  const keyFile = join(folder, 'key');
  const mappingFile = join(folder, 'mapping.yaml');
  await writeFile(keyFile, `${apiKey}\n`);
  await writeFile(mappingFile, stringify(given.mapping ?? mapping));
  const log = collectLog();
  const systems: EmailSystem[] = [];
  const open = async () => {
    const system = await openSendgrid({
      settings: {
        apiKey: { file: keyFile },
        baseUrl: proxy.url,
        mapping: mappingFile,
        consentGroup,
        webhookPublicKey: double.webhookKey,
        ...given.settings,
      },
      tenant: 'acme',
      account: 'main',
      store,
      log: log.logger,
      importPauseMs: 1,
      ...given.options,
    });
    systems.push(system);
    return system;
  };
  const close = async () => {
    for (const system of systems) await system.close();
    await proxy.close();
    await store.close();
    await place.remove();
    await rm(folder, { recursive: true, force: true });
    await double.close();
  };
  try {
    return { double, proxy, system: await open(), open, log, close };
  } catch (error) {
    await close();
    throw error;
  }
}
