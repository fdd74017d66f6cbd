import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { serveSubgraph } from '#chassis/serve.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import {
  type MeterPlace,
  meterSecrets,
  openMeters,
  signed,
  webhookUrl,
} from '#test/harness/webhook-place.ts';
import { receiptContext } from './secrets.ts';
import type { ReceiptRow } from './tables.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const told = JSON.stringify([
  { id: 'n1', at: '2026-01-01T00:00:00.000Z', meter: 'm1', value: 3, reader: 'ada@example.com' },
]);
const minute = 60_000;

describe.each(engines)('deliveries on $engine', ({ engine, missing }) => {
  const serve = async () => {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    const log = collectLog();
    const place = await openMeters(temporary.location, { log: log.logger });
    const running = await serveSubgraph(place.subgraph, { host: '127.0.0.1', port: 0, log: log.logger });
    ends.push(running.close);
    const send = (path: string, body: string, headers: Record<string, string> = {}, method = 'POST') =>
      fetch(webhookUrl(running.url, path), {
        method,
        headers,
        ...(method === 'POST' ? { body } : {}),
        signal: AbortSignal.timeout(20_000),
      });
    return { ...place, log, send };
  };
  const receiptsOf = async ({ store }: MeterPlace): Promise<readonly ReceiptRow[]> =>
    (await sql<ReceiptRow>`select * from webhook_receipts order by position`.execute(store.db)).rows;

  it.skipIf(missing)('are kept sealed, byte by byte, before they are answered', async () => {
    const place = await serve();
    // Bytes that no JSON parser would write again as they are.
    const body = `${told.replace(',', ' ,\t')}\r\n`;
    const answer = await place.send('content/north', body, {
      ...signed(body, { tenant: 'north' }),
      cookie: 'c',
    });
    expect(answer.status).toBe(202);
    const [row, ...others] = await receiptsOf(place);
    expect(others).toEqual([]);
    expect(await answer.json()).toEqual({ receipt: row?.id });
    expect(row).toMatchObject({ tenant: 'north', vendor: 'content', state: 'received', erasedAt: null });
    expect(Object.keys(JSON.parse(row?.headers ?? ''))).toEqual(['x-signed-at', 'x-signature']);
    const sealed = row?.sealed ?? '';
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('example.com');
    const { open } = meterSecrets.sealing;
    expect(open(sealed, receiptContext('north', 'content', row?.id ?? '')).toString()).toBe(body);
    expect(() => open(sealed, receiptContext('default', 'content', row?.id ?? ''))).toThrow();
  });

  it.skipIf(missing)('are refused where they are forged or untimely, and leave nothing', async () => {
    const place = await serve();
    const problem = {
      type: 'about:blank',
      status: 401,
      code: 'WEBHOOK_REFUSED',
      title: 'The delivery is not signed as agreed, or is too old.',
    };
    const right = signed(told);
    const wrong: readonly (readonly [string, Record<string, string>])[] = [
      ['content', {}],
      ['content', { ...right, 'x-signature': '0'.repeat(64) }],
      ['content', signed(`${told} `)],
      ['content', signed(told, { at: Date.now() - 6 * minute })],
      ['content', signed(told, { at: Date.now() + 6 * minute })],
      ['content', { ...right, 'x-signed-at': 'soon' }],
      // Of another tenant, and of none.
      ['content/north', right],
      ['content/nobody', right],
    ];
    for (const [path, headers] of wrong) {
      const answer = await place.send(path, told, headers);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await answer.json()).toEqual(problem);
      expect(answer.status).toBe(401);
    }
    expect(await receiptsOf(place)).toEqual([]);
    expect(place.webhooks.counts.get('content')).toMatchObject({ refused: wrong.length, received: 0 });
    expect(place.log.text().match(/a delivery was refused/g)).toHaveLength(wrong.length);
    expect(place.log.text()).not.toContain('example.com');
    expect(place.log.text()).not.toContain('nobody');
    const soon = await place.send('content', told, signed(told, { at: Date.now() - 4 * minute }));
    expect(soon.status).toBe(202);
  });

  it.skipIf(missing)('have a path, a method and a size', async () => {
    const place = await serve();
    const code = async (answer: Response) => [
      answer.status,
      ((await answer.json()) as { code: string }).code,
    ];
    expect(await code(await place.send('who', told, signed(told)))).toEqual([404, 'WEBHOOK_UNKNOWN']);
    const get = await place.send('content', '', {}, 'GET');
    expect(get.headers.get('allow')).toBe('POST');
    expect(await code(get)).toEqual([405, 'WEBHOOK_METHOD']);
    const large = JSON.stringify('x'.repeat(1024 * 1024));
    expect(await code(await place.send('content', large, signed(large)))).toEqual([413, 'WEBHOOK_TOO_LARGE']);
    // Of whatever type: what counts is the signature.
    const headers = { ...signed(told), 'content-type': 'text/plain' };
    expect((await place.send('content', told, headers)).status).toBe(202);
    expect(await receiptsOf(place)).toHaveLength(1);
  });

  it.skipIf(missing)('are asked for again where they cannot be kept', async () => {
    const place = await serve();
    await place.store.transaction((trx) => sql`drop table if exists webhook_receipts`.execute(trx));
    const answer = await place.send('content', told, signed(told));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await answer.json()).toMatchObject({ code: 'WEBHOOK_NOT_KEPT' });
  });
});
