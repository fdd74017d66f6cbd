import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { z } from 'zod';
import type { Subgraph } from '#chassis/serve.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import type { Notice, VendorWebhook } from '#chassis/vendor/system.ts';
import { openWebhooks, type Webhooks } from '#chassis/vendor/webhooks/open.ts';
import { readDelivery } from '#chassis/vendor/webhooks/read-delivery.ts';
import { webhookSecrets } from '#chassis/vendor/webhooks/secrets.ts';
import { genuine, isTimely, refused, sameText } from '#chassis/vendor/webhooks/signed.ts';
import type { ReadRecords, WebhookSource } from '#chassis/vendor/webhooks/source.ts';
import { createWebhooks, indexDiscarded, type WebhookTables } from '#chassis/vendor/webhooks/tables.ts';

/** A store that two vendors send to: one tells what was measured, the other which meter was. */
export interface MeterTables extends WebhookTables {
  readings: { tenant: string; noticeId: string; meter: string; value: number; times: number; turn: number };
}

/** What the vendors sign with. */
export const secretOf = (tenant: string) => `secret of ${tenant}`;
export const tenants = ['default', 'north'];

/** Notices as these vendors write them. */
const toldShape = z.array(
  z.object({
    id: z.string(),
    at: z.string(),
    meter: z.string(),
    value: z.number(),
    reader: z.string().optional(),
  }),
);

export type Told = z.infer<typeof toldShape>[number];

/** Signed as is common: a keyed hash over time and body. */
export function signed(
  body: string,
  { tenant = 'default', at = Date.now() }: { readonly tenant?: string; readonly at?: number } = {},
): Record<string, string> {
  const signature = createHmac('sha256', secretOf(tenant)).update(`${at}.${body}`).digest('hex');
  return { 'content-type': 'application/json', 'x-signed-at': String(at), 'x-signature': signature };
}

export function meterWebhook(tenant: string, hasContent: boolean): VendorWebhook {
  return {
    headers: ['x-signed-at', 'x-signature'],
    verify: ({ headers, body }, now) => {
      const at = Number(headers['x-signed-at']);
      if (!isTimely(at, now)) return refused('it is too old, or of the future');
      const right = createHmac('sha256', secretOf(tenant)).update(`${at}.`).update(body).digest('hex');
      return sameText(headers['x-signature'] ?? '', right) ? genuine : refused('its signature is wrong');
    },
    parse: (body) => {
      return readDelivery(body, toldShape).map(
        ({ id, at, meter, value, reader }): Notice => ({
          id,
          occurredAt: at,
          type: 'meters',
          recordId: meter,
          persons: reader === undefined ? [] : [reader],
          content: hasContent ? { value, reader: reader ?? null } : null,
        }),
      );
    },
  };
}

/** Writes readings; `times` counts how often a notice took effect, `turn` in which order. */
function readings(
  store: Store<MeterTables>,
  { spoil, before }: Pick<Required<PlaceOptions>, 'spoil' | 'before'>,
): WebhookSource<MeterTables>['effect'] {
  return {
    kind: 'content',
    apply: async (notices, { tenant, within }) => {
      await before(notices);
      await store.transaction(async (trx) => {
        for (const notice of notices) {
          const { value } = notice.content as { value: number };
          await sql`
            insert into readings (tenant, notice_id, meter, value, times, turn)
            values (${tenant}, ${notice.id}, ${notice.recordId}, ${value}, 1,
              (select coalesce(max(turn), 0) + 1 from readings))
            on conflict (tenant, notice_id) do update set times = readings.times + 1`.execute(trx);
          spoil(notice);
        }
        await within(trx);
      });
    },
  };
}

export interface PlaceOptions {
  readonly read?: ReadRecords['apply'];
  /** Called within the transaction of each reading: throws where it is to fail. */
  readonly spoil?: (notice: Notice) => void;
  /** Called when readings are to be written, before the transaction that writes them. */
  readonly before?: (notices: readonly Notice[]) => Promise<void>;
  readonly log?: Logger;
}

export interface MeterPlace {
  readonly store: Store<MeterTables>;
  readonly webhooks: Webhooks;
  readonly subgraph: Subgraph;
}

export const meterSecrets = webhookSecrets([Buffer.alloc(32, 7).toString('base64')]);

function openMeterStore(location: StoreLocation): Promise<Store<MeterTables>> {
  return openStore<MeterTables>({
    name: 'meters',
    location,
    migrations: {
      '001_meters': async (target) => {
        await createWebhooks(target);
        await sql`
          create table readings (tenant ${target.text}, notice_id ${target.text}, meter ${target.text},
            value integer, times integer, turn integer, primary key (tenant, notice_id))`.execute(target.db);
      },
      '002_discarded_webhooks': indexDiscarded,
    },
  });
}

/** Opens the store with its vendors `content` and `keys`, and a subgraph that takes what they send. */
export async function openMeters(
  location: StoreLocation,
  {
    read = async () => {},
    spoil = () => {},
    before = async () => {},
    log = pino({ level: 'silent' }),
  }: PlaceOptions = {},
): Promise<MeterPlace> {
  const store = await openMeterStore(location);
  const ofTenant = (hasContent: boolean) => (tenant: string) =>
    tenants.includes(tenant) ? meterWebhook(tenant, hasContent) : null;
  const webhooks = openWebhooks<MeterTables>({
    store,
    secrets: meterSecrets,
    log,
    sources: [
      { vendor: 'content', webhook: ofTenant(true), effect: readings(store, { spoil, before }) },
      { vendor: 'keys', webhook: ofTenant(false), effect: { kind: 'keys', apply: read } },
    ],
  });
  const subgraph: Subgraph = {
    name: 'meters',
    sdl: 'type Query { meters: Int }',
    resolvers: { Query: { meters: () => 0 } },
    context: (request) => request,
    ping: store.ping,
    close: store.close,
    webhooks: webhooks.intake,
  };
  return { store, webhooks, subgraph };
}

/** Where a vendor sends to, given where the subgraph answers the gateway. */
export function webhookUrl(url: string, path: string): string {
  return url.replace(/graphql$/, `webhooks/${path}`);
}
