import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { ReconcileReport } from '#chassis/vendor/replica/sync/reconcile.ts';
import { newSealingKey } from '#chassis/vendor/sealing.ts';
import { runJob } from '#cli/run/jobs.ts';
import { runSync } from '#cli/run/sync.ts';
import { writeRows } from '#subgraphs/crm/store/rows.ts';
import type { EmailPlatform } from '#subgraphs/email/adapters/email-suite.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { klaviyoHouse, testKey } from '#test/harness/vendors/klaviyo-email.ts';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  apiKey,
  automation,
  consentGroup,
  mapping,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';
import { sendgridPlatform } from '#test/harness/vendors/sendgrid-platform.ts';

/** Somebody opens a message that somebody else gets back. */
interface Told {
  readonly url: string;
  readonly opened: string;
  readonly bounced: string;
}

/** A vendor's platform, and how a file of vendors leads to it. */
interface Place {
  readonly settings: object;
  readonly platform: EmailPlatform;
  /** The campaign that takes contacts in. */
  readonly campaign: string;
  /** Sends one and the same webhook, signed, and answers the status. */
  readonly tell: (told: Told) => Promise<number>;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const wide = { windows: [{ points: 1_000, perMs: 1_000 }] };

async function atKlaviyo(folder: string): Promise<Place> {
  const { double, proxy, platform, close } = await klaviyoHouse();
  ends.push(close);
  await writeFile(join(folder, 'secret'), double.webhookSecret);
  const event = (id: string, topic: string, address: string, properties: object) => ({
    topic: `event:klaviyo.${topic}`,
    external_id: id,
    payload: {
      data: {
        ...{ type: 'event', id },
        attributes: {
          timestamp: Math.floor(Date.now() / 1_000),
          event_properties: { $message: 'MSG2', $flow: 'F1', ...properties },
        },
        relationships: {
          profile: { data: { type: 'profile', id: double.state.findProfile({ email: address })?.id } },
        },
      },
    },
  });
  return {
    settings: {
      apiKey: { file: join(folder, 'key') },
      baseUrl: proxy.url,
      mapping: new URL('../harness/vendors/klaviyo-mapping.yaml', import.meta.url).pathname,
      webhookSecret: { file: join(folder, 'secret') },
      historyFrom: '2026-01-01',
      limits: { 'campaign-reports': wide, 'flow-reports': wide, flows: wide, metrics: wide },
    },
    platform,
    campaign: 'F1',
    tell: ({ url, opened, bounced }) =>
      double.sendEvents(url, [
        event('told-1', 'opened_email', opened, {}),
        event('told-2', 'bounced_email', bounced, { 'Bounce Type': 'Hard' }),
      ]),
  };
}

async function atSendgrid(folder: string): Promise<Place> {
  const { double, proxy, close } = await startSendgridAccount();
  ends.push(close);
  await writeFile(join(folder, 'mapping.yaml'), stringify(mapping));
  const event = (id: string, what: string, email: string) => ({
    ...{ event: what, email, sg_event_id: id, sg_message_id: `message-${id}`, mc_auto_id: automation },
    timestamp: Math.floor(Date.now() / 1_000),
  });
  return {
    settings: {
      apiKey: { file: join(folder, 'key') },
      baseUrl: proxy.url,
      mapping: join(folder, 'mapping.yaml'),
      consentGroup,
      webhookPublicKey: double.webhookKey,
    },
    platform: sendgridPlatform(double.state),
    campaign: automation,
    tell: ({ url, opened, bounced }) =>
      double.sendEvents(url, [event('told-1', 'open', opened), event('told-2', 'bounce', bounced)]),
  };
}

const vendors = [
  { vendor: 'klaviyo', missing: klaviyoSource().missing, key: testKey, open: atKlaviyo },
  { vendor: 'sendgrid', missing: sendGridSource().missing, key: apiKey, open: atSendgrid },
] as const;

const hooks = { onProgress: () => {}, signal: new AbortController().signal };
const ada = { contactId: 'con_ada', address: 'ada@example.com' };
const bob = { contactId: 'con_bob', address: 'bob@example.com' };
const eve = { contactId: 'con_eve', address: 'eve@example.com' };
const patient = { timeout: 15_000 };

describe.each(vendors)('a house whose email is at $vendor', ({ vendor, missing, key, open }) => {
  it.skipIf(missing)(
    'reads it, brings enrollments and consent there, and counts what it tells once',
    { timeout: 60_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
      ends.push(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, 'key'), key);
      const { settings, platform, campaign, tell } = await open(folder);
      await platform.addRecipients([ada, bob, eve]);
      await platform.suppress(bob, 'COMPLAINT');
      const at = '2026-03-01T09:00:00.000Z';
      await platform.record?.(ada, { kind: 'OPENED', at, campaignId: campaign });

      const email = {
        adapter: vendor,
        tenants: { default: settings },
        deadlineMs: 10_000,
        sync: { everySeconds: 3_600 },
      };
      await writeFile(join(folder, 'vendors.yaml'), stringify({ email }));
      const env = { VENDORS_FILE: join(folder, 'vendors.yaml'), VENDOR_KEYS: newSealingKey() };
      const house = await startHouse({ accounts: 0, events: { ...process.env, ...env } });
      ends.push(house.close);
      await knowContacts(house);
      await runSync(
        house.parts,
        { kind: 'backfill', subgraph: 'email', tenant: 'default', again: false },
        hooks,
      );

      const before = platform.record === null ? 0 : 1;
      const contact = async (id: string, fields: string) =>
        (await graph(house, `{ contact(id: "${id}") { ${fields} } }`)).contact;
      expect(await contact(ada.contactId, 'engagement { opened } suppressions { reason }')).toEqual({
        engagement: { opened: before },
        suppressions: [],
      });
      expect(await contact(bob.contactId, 'suppressions { reason }')).toEqual({
        suppressions: [{ reason: 'COMPLAINT' }],
      });

      await decide(house, 'GRANTED');
      const { campaigns } = await graph(
        house,
        '{ campaigns(filter: { status: [ACTIVE] }) { nodes { id } } }',
      );
      const campaignId = campaigns.nodes.find(({ id }: { id: string }) => id.endsWith(campaign))?.id;
      const { triggerNurture } = await graph(
        house,
        `mutation ($input: TriggerNurtureInput!) {
          triggerNurture(input: $input) { enrollment { syncState } refusal { reason } }
        }`,
        { input: { idempotencyKey: randomUUID(), contactId: ada.contactId, campaignId } },
      );
      expect(triggerNurture).toEqual({ enrollment: { syncState: 'PENDING' }, refusal: null });
      await expect.poll(() => platform.enrollments(campaign, ada), patient).toBe(1);
      const enrollments = async () =>
        (await contact(ada.contactId, 'enrollments { nodes { state syncState } }')).enrollments.nodes;
      await expect.poll(enrollments, patient).toEqual([{ state: 'ACTIVE', syncState: 'ACCEPTED' }]);

      // The same twice, as every vendor may: what one message came to is counted once.
      const url = new URL(`/webhooks/${vendor}`, house.subgraphUrl('email')).href;
      await platform.suppress(eve, 'BOUNCE');
      const told = { url, opened: ada.address, bounced: eve.address };
      expect([await tell(told), await tell(told)]).toEqual([202, 202]);
      const noted = async () => {
        const { db } = house.parts.email.store;
        return (await db.selectFrom('webhookNotices').select('state').execute()).map(({ state }) => state);
      };
      await expect.poll(noted, patient).toEqual(['done', 'done', 'done']);
      expect(await contact(ada.contactId, 'engagement { opened }')).toEqual({
        engagement: { opened: before + 1 },
      });
      expect(await contact(eve.contactId, 'engagement { bounced } suppressions { reason }')).toEqual({
        engagement: { bounced: 1 },
        suppressions: [{ reason: 'BOUNCE' }],
      });

      const suppressions = async () =>
        (await contact(ada.contactId, 'suppressions { reason syncState }')).suppressions;
      expect(await platform.mayMail(ada)).toBe(true);
      await decide(house, 'WITHDRAWN');
      await expect.poll(suppressions, patient).toEqual([{ reason: 'CONSENT', syncState: 'ACCEPTED' }]);
      expect(await platform.mayMail(ada)).toBe(false);
      expect(await enrollments()).toMatchObject([{ state: 'EXITED' }]);
      await decide(house, 'GRANTED');
      await expect.poll(suppressions, patient).toEqual([]);
      await expect.poll(() => platform.mayMail(ada), patient).toBe(true);

      // Nothing told of this one, and nobody polled.
      await platform.suppress(bob, 'BOUNCE');
      const { counts } = (await runSync(
        house.parts,
        { kind: 'reconcile', subgraph: 'email', tenant: 'default', repair: true },
        hooks,
      )) as ReconcileReport;
      expect(counts).toMatchObject({ missing: 1, gone: 0, unmapped: 0 });
      const { suppressions: ofBob } = await contact(bob.contactId, 'suppressions { reason }');
      expect(ofBob.map(({ reason }: { reason: string }) => reason).toSorted()).toEqual([
        'BOUNCE',
        'COMPLAINT',
      ]);

      const health = await fetch(new URL('/health', house.subgraphUrl('email')));
      expect(await health.json()).toEqual({ status: 'ok', vendors: { [vendor]: 'ok' } });
      const numbers = await (await fetch(`${house.url}/metrics`)).text();
      expect(numbers).toContain(`tributary_webhook_applied_total{vendor="${vendor}"} 3`);
      expect(numbers).toMatch(
        new RegExp(
          `tributary_vendor_attempts_total{vendor="${vendor}",endpoint="\\S+",outcome="answered"} [1-9]`,
        ),
      );
      const seed = { kind: 'seed', accounts: 1, seed: 1, tenant: 'default' } as const;
      await expect(runJob(house.parts, seed, hooks)).rejects.toThrow(
        `The email of tenant "default" is at ${vendor}`,
      );
    },
  );
});

/** The CRM is this house's own. */
async function knowContacts({ parts }: House): Promise<void> {
  const rows = [ada, bob, eve].map(({ contactId: id, address }) => ({
    ...{ id, email: address, name: 'Somebody', accountId: null, title: null, phone: null, country: null },
  }));
  await parts.crm.store.transaction((trx) =>
    writeRows(trx, 'contacts', 'default', rows, new Date().toISOString()),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, which the tests name
async function graph(house: House, query: string, variables?: object): Promise<any> {
  const { data, errors } = await ask(`${house.url}/graphql`, query, variables as never);
  expect(errors).toBeUndefined();
  return data;
}

async function decide(house: House, decision: 'GRANTED' | 'WITHDRAWN'): Promise<void> {
  const change = {
    ...{ contactId: ada.contactId, purpose: 'EMAIL_MARKETING', decision },
    ...{ legalBasis: 'CONSENT', jurisdiction: 'DE', source: 'form' },
  };
  await graph(house, 'mutation ($input: UpdateConsentInput!) { updateConsent(input: $input) { replayed } }', {
    input: { idempotencyKey: randomUUID(), changes: [change] },
  });
}
