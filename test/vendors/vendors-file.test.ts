import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openPart } from '#cli/run/parts.ts';
import { readVendors, vendorsFrom } from '#cli/run/vendors-file.ts';
import { collectLog } from '#test/harness/log.ts';

const example = new URL('../../docs/vendors/vendors.example.yaml', import.meta.url);

let folders: string[] = [];
afterEach(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  folders = [];
});

async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  folders.push(folder);
  await writeFile(join(folder, 'vendors.yaml'), text);
  return join(folder, 'vendors.yaml');
}

const crm = (tenant: string, more = '') =>
  `crm:\n  adapter: hubspot\n  tenants:\n    default: ${tenant}\n${more}`;
const account = '{ portalId: 1, currency: EUR, credentials: { privateApp: { env: NO_SUCH_TOKEN } } }';

describe('the file of vendors', () => {
  it('may be as the example is, every line of it said and none forgotten', async () => {
    const text = await readFile(example, 'utf8');
    expect(readVendors('example', text)).toMatchObject({
      crm: {
        adapter: 'hubspot',
        deadlineMs: 800,
        maxAgeSeconds: { leads: 30 },
        sync: { everySeconds: 30 },
        rules: { opportunities: { stage: 'newest' } },
      },
      email: { adapter: 'klaviyo', maxAgeSeconds: { campaigns: 300 } },
    });
    // What stands in comments can be taken out of them: settings, and the other platform in the place of this one.
    const [ofKlaviyo = '', ofSendgrid = ''] = text.split(/^# With SendGrid.*\n/m);
    const [ofCrm = ''] = text.split(/^email:/m);
    const whole = (part: string) => part.replaceAll(/^( +)# (?=\w+: )/gm, '$1');
    expect(readVendors('example', whole(ofKlaviyo)).email).toMatchObject({
      tenants: { default: { historyFrom: '2025-01-01', account: 'main' } },
    });
    const other = whole(`${ofCrm}${ofSendgrid.replaceAll(/^# /gm, '')}`);
    expect(readVendors('example', other).email).toMatchObject({
      adapter: 'sendgrid',
      tenants: { default: { consentGroup: 4711, onBehalfOf: 'subuser' } },
    });
  });

  it('says what is wrong with each key and what would be right', () => {
    const refused = (text: string) => {
      try {
        readVendors('vendors.yaml', text);
      } catch (error) {
        return (error as Error).message;
      }
      return null;
    };
    expect(refused('crm: { adapter: salesforce }')).toContain('must be one of embedded, hubspot');
    expect(refused('email: { adapter: hubspot }')).toContain('must be one of embedded, klaviyo, sendgrid');
    expect(refused('email: {adapter: sendgrid, tenants: {default: {apiKey: {env: KEY}}}}')).toContain(
      'email.tenants.default.consentGroup',
    );
    expect(refused('email: {adapter: klaviyo, tenants: {default: {apiKey: pk_secret}}}')).toContain(
      'email.tenants.default.apiKey',
    );
    expect(refused('warehouse: {}')).toContain('warehouse');
    expect(refused(crm('{ portalId: none }'))).toContain('crm.tenants.default.portalId');
    expect(refused(crm(account, '  rules: { leads: { colour: newest } }\n'))).toContain('colour');
    expect(refused(crm(account, '  rules: { leads: { status: mine } }\n'))).toContain(
      'crm.rules.leads.status',
    );
    expect(refused(crm(account, '  maxAgeSeconds: { invoices: 1 }\n'))).toContain('invoices');
    expect(refused('crm: {adapter: hubspot, tenants: {}}')).toContain('must name a tenant');
    expect(refused('crm: [')).toContain('is no YAML');
    expect(refused(crm(account))).toBe(null);
    expect(refused('')).toBe(null);
  });

  it('is read where VENDORS_FILE names it, and a secret that is not there keeps the store closed', async () => {
    const { logger } = collectLog();
    expect(await vendorsFrom({}, logger)).toEqual({ crm: undefined, email: undefined });
    await expect(vendorsFrom({ VENDORS_FILE: '/nowhere/v.yaml' }, logger)).rejects.toThrow('/nowhere/v.yaml');
    const file = await fileOf(crm(account));
    const data = join(folders[0] as string, 'data');
    const opening = openPart('crm', data, { env: { VENDORS_FILE: file }, log: logger });
    await expect(opening).rejects.toThrow(
      'The crm of tenant "default" at hubspot: The environment variable NO_SUCH_TOKEN holds no secret: put it there.',
    );
    for (const [adapter, more] of [
      ['klaviyo', ''],
      ['sendgrid', ', consentGroup: 1'],
    ]) {
      const tenants = `{ default: { apiKey: { env: NO_SUCH_TOKEN }${more} } }`;
      const named = await fileOf(`email: { adapter: ${adapter}, tenants: ${tenants} }`);
      await expect(openPart('email', data, { env: { VENDORS_FILE: named }, log: logger })).rejects.toThrow(
        `The email of tenant "default" at ${adapter}: The environment variable NO_SUCH_TOKEN holds no secret`,
      );
    }
  });
});
