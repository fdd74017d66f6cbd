import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { type KlaviyoHouse, klaviyoFlow, klaviyoHouse } from '#test/harness/vendors/klaviyo-email.ts';
import { recordsOf } from '../email-suite.ts';
import { flowProblems } from './check.ts';
import { type KlaviyoMapping, readKlaviyoMapping } from './mapping.ts';

const { missing, folder } = klaviyoSource();
const signal = () => AbortSignal.timeout(20_000);
const ask = () => ({ urgency: 'read', signal: signal() }) as const;

const files: string[] = [];
afterEach(async () => {
  for (const file of files.splice(0)) await rm(file);
});

/** A file with some of the mapping replaced. */
async function changed(changes: Record<string, unknown>): Promise<string> {
  const file = join(tmpdir(), `klaviyo-${process.pid}-${files.length}-${Date.now()}.yaml`);
  const own = parse(await readFile(join(import.meta.dirname, 'mapping.yaml'), 'utf8'));
  await writeFile(file, stringify({ ...own, ...changes }));
  files.push(file);
  return file;
}

describe('the mapping of Klaviyo', () => {
  it('says all that is wrong with a file, with its name', async () => {
    const file = await changed({ flowStatuses: { live: 'RUNNING' }, metrics: [], extra: 1 });
    const error = await readKlaviyoMapping(file).catch((thrown: Error) => thrown.message);
    for (const part of [file, '"flowStatuses.live" is "RUNNING"', '"metrics" is a list', 'extra']) {
      expect(error).toContain(part);
    }
    await expect(readKlaviyoMapping('/nowhere.yaml')).rejects.toThrow(
      'The mapping of klaviyo is to be in /nowhere.yaml, which cannot be read (ENOENT).',
    );
  });

  it.skipIf(missing)(
    'has a word for every status that the specification names, but for "Unknown"',
    async () => {
      const { campaignStatuses } = await readKlaviyoMapping();
      const document = JSON.parse(await readFile(join(folder, 'campaigns.json'), 'utf8'));
      const { attributes } = document.components.schemas.CampaignResponseObjectResource.properties;
      const named: string[] = attributes.properties.status.enum;
      expect(named.filter((status) => !(status in campaignStatuses))).toEqual(['Unknown']);
      expect(Object.keys(campaignStatuses).filter((status) => !named.includes(status))).toEqual([]);
    },
  );

  it.skipIf(missing)('has a word for every reason that the specification names', async () => {
    const { suppressionReasons } = await readKlaviyoMapping();
    const document = JSON.parse(await readFile(join(folder, 'profiles.json'), 'utf8'));
    const text = JSON.stringify(document.components.schemas);
    const [, named = ''] = /"reason":\{[^}]*"enum":(\[[^\]]*\])/.exec(text) ?? [];
    expect(Object.keys(suppressionReasons).toSorted()).toEqual(JSON.parse(named).toSorted());
  });

  it('knows whether a metric starts a flow, where Klaviyo says so', () => {
    const mapping = { enrollment: { F1: 'Start' } } as unknown as KlaviyoMapping;
    const metric = (...flows: string[]) => ({
      id: 'M1',
      attributes: { name: 'Start' },
      relationships: { 'flow-triggers': { data: flows.map((id) => ({ type: 'flow', id })) } },
    });
    const flow = { id: 'F1', attributes: { trigger_type: 'Metric' } };
    expect(flowProblems(mapping, [flow], [metric('F1', 'F2')])).toEqual([]);
    expect(flowProblems(mapping, [flow], [metric()])).toEqual([]);
    expect(flowProblems(mapping, [flow], [metric('F2')])).toEqual([
      'the metric "Start" does not start the flow "F1"',
    ]);
  });
});

describe.skipIf(missing)('the configuration of Klaviyo', () => {
  let house: KlaviyoHouse | undefined;
  afterEach(() => house?.close());
  const open = async (settings: object, seed = {}) => {
    house = await klaviyoHouse({ seed });
    return house.open({ settings });
  };

  it('refuses settings with all that is wrong in one message, and quotes no secret', async () => {
    const settings = {
      apiKey: 'pk_secret',
      limits: { profiles: { windows: [] }, other: {} },
      timeZone: 'Mars',
      reportMinutes: 1,
      colour: 'red',
    };
    const error = await open(settings).catch((thrown: Error) => thrown.message);
    for (const key of ['apiKey', 'limits.profiles.windows', 'other', 'timeZone', 'reportMinutes', 'colour']) {
      expect(error).toContain(key);
    }
    expect(error).toContain('"Mars"');
    expect(error).not.toContain('pk_secret');
  });

  it.each([
    [{ apiKey: { env: 'NO_SUCH_KEY' } }, 'NO_SUCH_KEY holds no secret'],
    [{ baseUrl: 'http://example.com' }, 'http://example.com'],
    [{ webhookSecret: { file: '/nowhere' } }, '/nowhere'],
  ])('refuses %j', async (settings, message) => {
    await expect(open(settings)).rejects.toThrow(message);
  });

  it('takes deliveries where a webhook has a secret', async () => {
    const system = await open({ webhookSecret: { env: 'TEST_KLAVIYO_KEY' } });
    expect(system.capabilities.webhook).toBe('content');
    expect(system.webhook).not.toBeNull();
  });

  it('is held against the account, all that does not fit in one message', async () => {
    const mapping = await changed({
      enrollment: {
        F1: 'No Such Metric',
        F2: 'Nurture Started',
        F3: 'Nurture Started',
        F9: 'Nurture Started',
      },
      metrics: { 'Read Email': 'OPENED', 'Opened Email': 'OPENED' },
      conversionMetric: 'Placed Order',
    });
    const flows = [
      klaviyoFlow('F1'),
      klaviyoFlow('F2', { trigger_type: 'Added to List' }),
      klaviyoFlow('F3', { archived: true }),
    ];
    const system = await open({ mapping }, { flows });
    const error = await system.check(signal()).catch((thrown: Error) => thrown.message);
    for (const part of [
      'there is no metric "No Such Metric", which is to start the flow "F1"',
      'the flow "F2" starts by "Added to List"',
      'the flow "F3" is archived',
      'there is no flow "F9"',
      'there is no metric "Read Email"',
      'there is no metric "Placed Order"',
    ]) {
      expect(error).toContain(part);
    }
    expect(error).not.toContain('"Opened Email"');
  });

  it('names the scopes that the key lacks', async () => {
    const system = await open({});
    house?.proxy.fault({ path: '/api/events' }, { kind: 'answer', status: 403 });
    house?.proxy.fault({ path: '/api/flows' }, { kind: 'answer', status: 403 });
    await expect(system.check(signal())).rejects.toThrow(/scope flows:read; .*scope events:read/);
  });

  it('leaves ids of another system where they are', async () => {
    const mapping = await changed({ contactId: null, enrollment: { F1: 'Nurture Started' } });
    const system = await open({ mapping });
    expect(system.capabilities.types.recipients.keys).toEqual(['id', 'address']);
    const profile = house?.double.state.upsertProfile({
      email: 'ada@example.com',
      external_id: 'contact-bob',
    });
    const asked = { by: 'id', values: [profile?.profile.id ?? ''] };
    expect(recordsOf(await system.read('recipients', asked, ask()))).toMatchObject([{ externalId: null }]);
    const bob = { contactId: 'contact-bob', recipientId: null, address: 'bob@example.com' };
    const enroll = {
      kind: 'enroll',
      addressee: bob,
      campaignId: 'F1',
      at: '2026-03-01T09:00:00.000Z',
    } as const;
    await system.push(enroll, { idempotencyKey: 'k', signal: signal() });
    const made = house?.double.state.findProfile({ email: bob.address });
    expect(made).not.toBe(profile?.profile);
    expect(made?.attributes.external_id).toBeUndefined();
  });

  it('leaves a reason without a word unmapped', async () => {
    const system = await open({
      mapping: await changed({ suppressionReasons: { UNSUBSCRIBE: 'UNSUBSCRIBE' } }),
    });
    const [ada, bob] = ['ada', 'bob'].map((name) => ({ contactId: name, address: `${name}@example.com` }));
    if (house === undefined || ada === undefined || bob === undefined) throw new Error('Nobody is there.');
    const [id] = await house.platform.addRecipients([ada, bob]);
    await house.platform.suppress(ada, 'BOUNCE');
    await house.platform.suppress(bob, 'UNSUBSCRIBE');
    const key = { by: 'address', values: [ada.address, bob.address] };
    const seen = await system.read('suppressions', key, ask());
    const unmapped = seen.filter(({ kind }) => kind === 'unmapped');
    const property = 'subscriptions.email.marketing.suppression';
    expect(unmapped).toEqual([
      {
        kind: 'unmapped',
        id: `${id}:HARD_BOUNCE`,
        problems: [{ field: 'reason', property, value: 'HARD_BOUNCE' }],
      },
    ]);
    expect(recordsOf(seen.filter(({ kind }) => kind === 'record'))).toHaveLength(1);
  });
});
