import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfiguration } from '#chassis/vendor/configuration.ts';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  automation,
  consentGroup,
  list,
  mapping,
  type SendgridAccount,
  type SendgridAccountOptions,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';
import { readSendgridMapping } from './mapping.ts';
import { sendgridSettings } from './settings.ts';
import { listsOf } from './suppressions.ts';

const { missing } = sendGridSource();
const open: SendgridAccount[] = [];
afterEach(async () => {
  for (const account of open.splice(0)) await account.close();
});
async function account(options: SendgridAccountOptions = {}): Promise<SendgridAccount> {
  const started = await startSendgridAccount(options);
  open.push(started);
  return started;
}

describe('the settings of SendGrid', () => {
  const read = (given: unknown) => readConfiguration('settings of sendgrid', sendgridSettings, given);
  const least = { apiKey: { env: 'SENDGRID_KEY' }, consentGroup };

  it('need a key by its place and the group of consent, and know the rest', () => {
    expect(read(least)).toMatchObject({ baseUrl: 'https://api.sendgrid.com', importSeconds: 60, limits: {} });
    const eu = { ...least, baseUrl: 'https://api.eu.sendgrid.com' };
    expect(read(eu).baseUrl).toBe('https://api.eu.sendgrid.com');
  });

  it('say in one message what is wrong with all of them, and quote no secret', () => {
    const wrong = {
      apiKey: 'SG.secret',
      consentGroup: 0,
      onBehalfOf: 'a\nb',
      limits: { contacts: { windows: [] }, mail: { windows: [] } },
      importSeconds: 0,
      other: 1,
    };
    const message = (() => {
      try {
        return String(read(wrong));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    for (const key of ['apiKey', 'consentGroup', 'onBehalfOf', 'limits', 'importSeconds', 'other']) {
      expect(message).toContain(key);
    }
    expect(() => read({ ...least, consentGroup: undefined })).toThrow('"consentGroup" is missing');
  });

  it.skipIf(missing)('lead each request to the subuser that they name', async () => {
    const { system, proxy } = await account({ settings: { onBehalfOf: 'a-subuser' } });
    await system.changes('campaigns', null, { urgency: 'read', signal: AbortSignal.timeout(20_000) });
    expect(new Set(proxy.requests.map(({ headers }) => headers['on-behalf-of']))).toEqual(
      new Set(['a-subuser']),
    );
  });

  it.skipIf(missing)('are refused with an origin that a key cannot be sent to', async () => {
    const started = account({ settings: { baseUrl: 'http://api.sendgrid.com' } });
    await expect(started).rejects.toThrow('"http://api.sendgrid.com" is no origin of sendgrid');
  });
});

describe('the mapping of SendGrid', () => {
  it('of the house has a word for all that SendGrid knows', async () => {
    const house = await readSendgridMapping();
    expect(house.enrolling).toEqual([]);
    expect(listsOf(house)).toEqual([
      { list: 'bounces', reason: 'BOUNCE' },
      { list: 'invalid_emails', reason: 'BOUNCE' },
      { list: 'spam_reports', reason: 'COMPLAINT' },
      { list: 'unsubscribes', reason: 'UNSUBSCRIBE' },
    ]);
  });

  it('shows in its comment what it takes', () => {
    const text = readFileSync(join(import.meta.dirname, 'mapping.yaml'), 'utf8');
    const example = [...text.matchAll(/^# {3}(.*)$/gm)].map(([, line]) => line).join('\n');
    expect(parse(example)).toEqual({ enrolling: mapping.enrolling });
  });

  it.skipIf(missing)('says in one message what is wrong with all of it', async () => {
    const wrong = {
      singleSends: { draft: 'DRAFT', scheduled: 'LATER' },
      enrolling: [{ list: 'newcomers' }, { list, automation }],
      suppressions: { ...mapping.suppressions, bounces: 'CONSENT', others: 'BOUNCE' },
    };
    const message = await account({ mapping: wrong }).then(String, (error: Error) => error.message);
    for (const key of [
      '"singleSends.scheduled" is "LATER"',
      '"singleSends.triggered" is missing',
      '"enrolling.0.list" is "newcomers"',
      '"suppressions.bounces" is "CONSENT"',
      'others',
    ]) {
      expect(message).toContain(key);
    }
    const unnamed = { ...mapping, enrolling: [{ list, automation }] };
    await expect(account({ mapping: unnamed })).rejects.toThrow(
      '"enrolling.0" is an object: it needs a "name"',
    );
    const twice = { ...mapping, enrolling: [{ list }, { list }] };
    await expect(account({ mapping: twice })).rejects.toThrow('stands here twice');
  });
});

describe.skipIf(missing)('what is configured, held against SendGrid', () => {
  const check = ({ system }: SendgridAccount) => system.check(AbortSignal.timeout(20_000));
  const other = '11111111-1111-4111-8111-111111111111';

  it('says all that SendGrid does not have', async () => {
    const opened = await account({
      settings: { consentGroup: 99 },
      mapping: { ...mapping, enrolling: [...mapping.enrolling, { list: other }] },
    });
    const failed = await check(opened).catch((error: unknown) => error);
    expect(failed).toMatchObject({ failure: { kind: 'refused', code: 'CONFIGURATION' } });
    expect(String(failed)).toContain(`the list ${other}`);
    expect(String(failed)).toContain('"consentGroup" is 99');
  });

  it('says which scopes the key lacks', async () => {
    const opened = await account();
    const forbidden = {
      kind: 'answer',
      status: 403,
      body: '{}',
      headers: { 'content-type': 'application/json' },
    } as const;
    opened.proxy.fault({ path: /^\/v3\/(marketing|suppression\/blocks|suppression\/bounces)/ }, forbidden);
    const failed = String(await check(opened).catch((error: unknown) => error));
    expect(failed.match(/the key lacks the scope "[^"]+"/g)).toEqual([
      'the key lacks the scope "marketing.read"',
      'the key lacks the scope "suppression.bounces.read"',
    ]);
  });

  it('is not judged where SendGrid cannot be asked', async () => {
    const opened = await account({ options: { repetitions: 0 } });
    opened.double.takeKeys([]);
    await expect(check(opened)).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
  });
});
