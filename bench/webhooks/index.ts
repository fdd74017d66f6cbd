import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Pool } from 'undici';
import { serveSubgraph } from '#chassis/serve.ts';
import { openStore, type StoreLocation } from '#chassis/store/store.ts';
import { newSealingKey } from '#chassis/vendor/sealing.ts';
import { openWebhooks } from '#chassis/vendor/webhooks/open.ts';
import { webhookSecrets } from '#chassis/vendor/webhooks/secrets.ts';
import { genuine, isTimely, refused, sameText } from '#chassis/vendor/webhooks/signed.ts';
import { createWebhooks, type WebhookTables } from '#chassis/vendor/webhooks/tables.ts';
import { quantile } from '../events/quantile.ts';

export interface WebhookRow {
  readonly engine: StoreLocation['engine'];
  readonly deliveries: number;
  /** Notices in each. */
  readonly notices: number;
  readonly kilobytes: number;
  readonly rate: number;
  /** From the request to the answer, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How long a vendor waits for its answer, while what it sent is also worked; written to `webhooks.json`. */
export async function webhooks(given: {
  readonly deliveries: number;
  readonly notices: number;
  /** Deliveries a second, whether or not those before were answered. */
  readonly rate: number;
  /** A database for it alone; without one only SQLite is measured. */
  readonly postgresUrl: string | undefined;
  readonly folder: string;
}): Promise<readonly WebhookRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  try {
    const rows = [await measure({ engine: 'sqlite', file: join(folder, 'webhooks.sqlite') }, given)];
    if (given.postgresUrl !== undefined) {
      rows.push(await measure({ engine: 'postgres', url: given.postgresUrl }, given));
    }
    await mkdir(given.folder, { recursive: true });
    await writeFile(`${given.folder}/webhooks.json`, `${JSON.stringify(rows, null, 2)}\n`);
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const secret = 'secret';
const sign = (at: string, body: string | Buffer) =>
  createHmac('sha256', secret).update(at).update(body).digest('hex');

async function measure(
  location: StoreLocation,
  {
    deliveries,
    notices,
    rate,
  }: { readonly deliveries: number; readonly notices: number; readonly rate: number },
): Promise<WebhookRow> {
  const log = pino({ level: 'silent' });
  const store = await openStore<WebhookTables>({
    name: 'bench_webhooks',
    location,
    migrations: { '001_webhooks': createWebhooks },
  });
  const hooks = openWebhooks<WebhookTables>({
    store,
    log,
    secrets: webhookSecrets([newSealingKey()]),
    sources: [
      {
        vendor: 'bench',
        webhook: () => ({
          headers: ['x-at', 'x-signature'],
          verify: ({ headers, body }, now) =>
            isTimely(Number(headers['x-at']), now) &&
            sameText(headers['x-signature'] ?? '', sign(headers['x-at'] ?? '', body))
              ? genuine
              : refused('its signature is wrong'),
          parse: (body) => JSON.parse(body.toString('utf8')),
        }),
        effect: { kind: 'keys', apply: async () => {} },
      },
    ],
  });
  const running = await serveSubgraph(
    {
      name: 'bench',
      sdl: 'type Query { nothing: Int }',
      resolvers: {},
      context: (request) => request,
      ping: store.ping,
      close: store.close,
      webhooks: hooks.intake,
    },
    { host: '127.0.0.1', port: 0, log },
  );
  const work = hooks.start();
  const pool = new Pool(new URL(running.url).origin, { connections: 64 });
  const occurredAt = new Date().toISOString();
  const bodyOf = (n: number) =>
    JSON.stringify(
      Array.from({ length: notices }, (_, at) => ({
        id: `${n}-${at}`,
        occurredAt,
        type: 'records',
        recordId: `r${(n * 7 + at) % 5_000}`,
        persons: [`p${at}`],
        content: null,
      })),
    );
  const took: number[] = [];
  const send = async (n: number): Promise<void> => {
    const body = bodyOf(n);
    const at = String(Date.now());
    const started = performance.now();
    const answer = await pool.request({
      method: 'POST',
      path: '/webhooks/bench',
      headers: { 'content-type': 'application/json', 'x-at': at, 'x-signature': sign(at, body) },
      body,
    });
    await answer.body.dump();
    if (answer.statusCode !== 202) throw new Error(`A delivery was answered with ${answer.statusCode}.`);
    // The first tenth warms up.
    if (n >= deliveries / 10) took.push(performance.now() - started);
  };
  const started = performance.now();
  try {
    const sent: Promise<void>[] = [];
    for (let n = 0; n < deliveries; n++) {
      await sleep(Math.max(0, started + (n * 1_000) / rate - performance.now()));
      sent.push(send(n));
    }
    await Promise.all(sent);
    return {
      engine: location.engine,
      deliveries,
      notices,
      kilobytes: Buffer.byteLength(bodyOf(0)) / 1_024,
      rate,
      p50: quantile(took, 0.5),
      p99: quantile(took, 0.99),
      max: Math.max(...took),
    };
  } finally {
    await pool.close();
    await work.close();
    await running.close();
  }
}
