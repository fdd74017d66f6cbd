import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { type Connection, type VendorsOf, vendorsOf } from '#chassis/vendor/connections.ts';
import { vendorMetrics } from '#chassis/vendor/metrics.ts';
import { openSealing, sealingKeys } from '#chassis/vendor/sealing.ts';
import { webhookSecrets } from '#chassis/vendor/webhooks/secrets.ts';
import type { CrmSystem } from '#subgraphs/crm/adapters/crm.ts';
import type { CrmRules } from '#subgraphs/crm/pushes/rules.ts';
import type { Tables as CrmTables } from '#subgraphs/crm/store/tables.ts';
import { crmAdapters, crmConnection } from '#subgraphs/crm/vendors.ts';
import type { EmailSystem } from '#subgraphs/email/adapters/email.ts';
import type { Tables as EmailTables } from '#subgraphs/email/store/tables.ts';
import { emailAdapters, emailConnection } from '#subgraphs/email/vendors.ts';

const vendorsShape = z.strictObject({ crm: crmConnection.optional(), email: emailConnection.optional() });

/** Where the records of the subgraphs are, by subgraph; in their stores where nothing is said. */
export interface VendorsFile {
  readonly crm?: Connection<CrmRules> | undefined;
  readonly email?: Connection<object> | undefined;
}

/** @throws Error that names the file, each key, what is wrong with it and what would be right */
export function readVendors(file: string, text: string): VendorsFile {
  let given: unknown;
  try {
    given = parse(text) ?? {};
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw new Error(`${file} is no YAML: ${cause.message}`, { cause });
  }
  const read = vendorsShape.safeParse(given);
  if (read.success) return read.data;
  throw new Error(`${file} does not say where records are:\n${z.prettifyError(read.error)}`);
}

/** What the parts are opened with; see `vendorsOf`. */
export interface Vendors {
  readonly crm: VendorsOf<CrmSystem, CrmTables, CrmRules> | undefined;
  readonly email: VendorsOf<EmailSystem, EmailTables, object> | undefined;
}

/**
 * The vendors of the file that `VENDORS_FILE` names; none without it. Secrets are read when systems are opened.
 * @param registry where calls to them are counted
 * @throws Error where the file cannot be read or does not fit
 */
export async function vendorsFrom(
  env: NodeJS.ProcessEnv,
  log: Logger,
  registry?: Registry,
): Promise<Vendors> {
  const file = env.VENDORS_FILE;
  if (!file) return { crm: undefined, email: undefined };
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`The file ${file}, which VENDORS_FILE names, cannot be read (${cause.code}).`, { cause });
  });
  const { crm, email } = readVendors(file, text);
  const keys = () => sealingKeys(env);
  const shared = {
    log,
    observer: registry && vendorMetrics(registry),
    sealing: async () => openSealing(await keys()),
    secrets: async () => webhookSecrets(await keys()),
  };
  return {
    crm: vendorsOf(crm, { ...shared, name: 'crm', adapters: crmAdapters }),
    email: vendorsOf(email, { ...shared, name: 'email', adapters: emailAdapters }),
  };
}
