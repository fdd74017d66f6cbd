import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  accountProperties,
  type HubspotPlace,
  type HubspotPlaceOptions,
  openHubspotPlace,
} from '#test/harness/vendors/hubspot-place.ts';
import { readMapping, usualMapping } from './mapping.ts';
import { hubspotSettings } from './settings.ts';

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers) await close();
  closers = [];
});

async function opened(options: HubspotPlaceOptions = {}): Promise<HubspotPlace> {
  const place = await openHubspotPlace(options);
  closers.push(place.close);
  return place;
}

async function mappingWith(change: (text: string) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'mapping.yaml');
  await writeFile(file, change(await readFile(usualMapping, 'utf8')));
  return file;
}

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: Error) => error.message,
  );
const signal = () => AbortSignal.timeout(20_000);

describe('the check of an account', () => {
  it('finds nothing where all fits', async () => {
    const place = await opened();
    expect(await messageOf(place.system.check(signal()))).toBe(null);
  });

  it('says all at once: properties, options, pipelines, what is not unique', async () => {
    const place = await opened({
      hubspot: {
        properties: {
          ...accountProperties,
          companies: [
            { name: 'tributary_id', type: 'string' },
            { name: 'lifecyclestage', type: 'enumeration', options: ['lead', 'champion'] },
          ],
          deals: [],
        },
        pipelines: {
          leads: [
            { id: 'lead-pipeline-id', label: 'L', stages: [{ id: 'x', label: 'Ex', metadata: {} }] },
            { id: 'second', label: 'S', stages: [{ id: 'y', label: 'Why', metadata: {} }] },
          ],
        },
      },
      settings: {
        mapping: await mappingWith((text) => text.replace('closedate,', 'createdate_,')),
      },
    });
    const message = await messageOf(place.system.check(signal()));
    for (const problem of [
      'companies: the property "tributary_id" for our ids does not require unique values',
      'companies: there is no property "hs_parent_company_id"',
      'companies: the option "champion" of "lifecyclestage" has no word',
      'companies: "lifecyclestage" has no option "customer"',
      'deals: there is no property "createdate_"',
      'deals: there is no property "tributary_id" for our ids: make one',
      'leads: the stage "x" (Ex) of the pipeline "lead-pipeline-id" has no word',
      'leads: the pipeline "second" with the stages y has no words',
      'leads: the pipeline "lead-pipeline-id" has no stage "new-stage-id"',
      'docs/vendors/hubspot.md',
    ]) {
      expect(message).toContain(problem);
    }
  });

  it('names the scopes that are missing', async () => {
    const place = await opened();
    place.hubspot.tokens.grant(['crm.schemas.companies.read', 'crm.objects.companies.read']);
    const message = await messageOf(place.system.check(signal()));
    expect(message).toContain('crm.objects.owners.read');
    expect(message).toContain('crm.schemas.contacts.read');
    expect(message).not.toContain('companies:');
  });
});

describe('settings and mappings of HubSpot', () => {
  it('say what is wrong and what would be right', async () => {
    const given = {
      portalId: 1,
      credentials: { privateApp: 'pat-na1-secret' },
      currency: 'euro',
      timeZone: 'Mars/Olympus',
    };
    const { error } = hubspotSettings.safeParse(given);
    const said = JSON.stringify(error?.issues);
    expect(said).toContain('a code of three capitals');
    expect(said).toContain('IANA name');
    expect(said).toContain('{ privateApp: … }');
    expect(said).not.toContain('pat-na1-secret');
  });

  it('name the file and the words that there are', async () => {
    const file = await mappingWith((text) => text.replace('closedwon: WON', 'closedwon: WIN'));
    const message = await messageOf(readMapping(file));
    expect(message).toContain(file);
    expect(message).toContain('"WIN" is none of PROSPECTING');
    expect(await messageOf(readMapping('/nowhere/mapping.yaml'))).toContain('/nowhere/mapping.yaml');
    const broken = await mappingWith(() => 'accounts: [');
    expect(await messageOf(readMapping(broken))).toContain('is no YAML');
  });

  it('may give text words of its own', async () => {
    const mapping = await mappingWith((text) =>
      text.replace('industry: industry', 'industry: { property: industry, values: { RETAIL: Retail } }'),
    );
    const { system, hubspot } = await opened({ settings: { mapping } });
    const [known, unknown] = ['RETAIL', 'BANKING'].map((industry) =>
      hubspot.portal.seed('companies', { name: 'X', industry }),
    ) as [string, string];
    const seen = await system.read(
      'accounts',
      { by: 'id', values: [known, unknown] },
      { urgency: 'read', signal: signal() },
    );
    expect(seen).toMatchObject([
      { kind: 'record', record: { values: { industry: 'Retail' } } },
      { kind: 'unmapped', problems: [{ field: 'industry', property: 'industry', value: 'BANKING' }] },
    ]);
  });
});
