import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreLocation } from '#chassis/store/store.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openMeters, signed, type Told, webhookUrl } from '#test/harness/webhook-place.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const deliveries = 1_000;
const atOnce = 8;
const meters = 40;

type Sent =
  | { readonly kind: 'genuine'; readonly vendor: 'content' | 'keys'; readonly notice: Told }
  | { readonly kind: 'forged' | 'outdated'; readonly vendor: 'content' | 'keys'; readonly notice: Told };

/** What two vendors send: a fifth twice, a fifth of them long after what followed, and some by somebody else. */
function script(): readonly Sent[] {
  const random = xoroshiro128plus(20_260_101);
  const chance = (share: number) => uniformFloat64(random) < share;
  const sent: Sent[] = [];
  const late: Sent[] = [];
  for (let n = 0; sent.length + late.length < deliveries; n++) {
    const at = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString();
    const notice: Told = {
      id: `n${n}`,
      at,
      meter: `m${n % meters}`,
      value: n,
      reader: `r${n % 9}@example.com`,
    };
    const vendor = n % 3 === 0 ? 'keys' : 'content';
    const one: Sent = { kind: 'genuine', vendor, notice };
    const copies = chance(0.2) ? [one, one] : [one];
    for (const each of copies) (chance(0.2) ? late : sent).push(each);
    if (chance(0.03)) sent.push({ kind: 'forged', vendor, notice: { ...notice, id: `forged${n}` } });
    if (chance(0.03)) sent.push({ kind: 'outdated', vendor, notice: { ...notice, id: `old${n}` } });
    if (late.length > 50) sent.push(...late.splice(0).reverse());
  }
  return [...sent, ...late.reverse()];
}

/** A vendor that can be asked for records, and remembers for which it was. */
async function startVendor() {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://vendor');
    for (const id of searchParams.get('ids')?.split(',') ?? []) asked.add(`${pathname}/${id}`);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function startTaking(location: StoreLocation, vendorUrl: string) {
  const file = new URL('taking-process.ts', import.meta.url);
  const child: ChildProcess = fork(file, [JSON.stringify({ location, vendorUrl })], { execArgv: [] });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  ends.push(kill);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return { url, kill };
}

describe.each(engines)('deliveries to a process that is killed, on $engine', ({ engine, missing }) => {
  it.skipIf(missing)(
    'are all kept that were answered, and take effect once',
    { timeout: 120_000 },
    async () => {
      const temporary = await temporaryStore(engine);
      ends.push(temporary.remove);
      const vendor = await startVendor();
      const sent = script();
      const answered = { genuine: 0, refused: 0 };
      let taking = await startTaking(temporary.location, vendor.url);

      /** As a vendor does it: what got no answer is sent again. */
      const send = async ({ kind, vendor: to, notice }: Sent): Promise<void> => {
        const body = JSON.stringify([notice]);
        const at = kind === 'outdated' ? Date.now() - 3_600_000 : Date.now();
        const headers = {
          ...signed(body, { at }),
          ...(kind === 'forged' ? { 'x-signature': 'f'.repeat(64) } : {}),
        };
        for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
          const url = webhookUrl(taking.url, to);
          const status = await fetch(url, {
            method: 'POST',
            headers,
            body,
            signal: AbortSignal.timeout(5_000),
          }).then(
            async (answer) => {
              await answer.arrayBuffer();
              return answer.status;
            },
            () => null,
          );
          if (status === 202) answered.genuine += 1;
          if (status === 401) answered.refused += 1;
          if (status !== null) return;
          await restarted;
        }
        throw new Error('A delivery got no answer.');
      };

      let restarted: Promise<unknown> = Promise.resolve();
      const queue = [...sent.entries()];
      const sender = async (): Promise<void> => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const [at, one] = next;
          if (at === Math.floor(sent.length / 2)) {
            restarted = taking.kill().then(async () => {
              taking = await startTaking(temporary.location, vendor.url);
            });
          }
          await send(one);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, sender));
      await restarted;

      const { store } = await openMeters(temporary.location);
      ends.push(store.close);
      const all = async <Row>(query: ReturnType<typeof sql<Row>>) => (await query.execute(store.db)).rows;
      const genuine = sent.filter(({ kind }) => kind === 'genuine');
      const idsOf = (to: Sent['vendor']) =>
        [...new Set(genuine.filter(({ vendor: of }) => of === to).map(({ notice }) => notice.id))].sort();
      // A lease of the process that was killed is waited for.
      const open = sql<{ id: string }>`
      select id from webhook_receipts where state <> 'parsed'
      union all select notice_id as id from webhook_notices where state <> 'done'`;
      await expect.poll(() => all(open), { timeout: 60_000 }).toEqual([]);

      const told = await all(
        sql<{
          vendor: string;
          id: string;
        }>`select vendor, notice_id as id from webhook_notices order by notice_id`,
      );
      const toldBy = (of: string) =>
        told
          .filter(({ vendor: by }) => by === of)
          .map(({ id }) => id)
          .sort();
      expect(toldBy('content')).toEqual(idsOf('content'));
      expect(toldBy('keys')).toEqual(idsOf('keys'));
      const readings = await all(
        sql<{ id: string; times: number }>`select notice_id as id, times from readings order by notice_id`,
      );
      expect(readings.map(({ id }) => id).sort()).toEqual(idsOf('content'));
      expect(readings.filter(({ times }) => Number(times) !== 1)).toEqual([]);
      const records = new Set(
        genuine.filter(({ vendor: of }) => of === 'keys').map(({ notice }) => `/default/${notice.meter}`),
      );
      expect([...vendor.asked].sort()).toEqual([...records].sort());

      expect(answered).toEqual({ genuine: genuine.length, refused: sent.length - genuine.length });
      const [receipts] = await all(
        sql<{ count: number; sealed: number }>`
        select count(*) as count, count(sealed) as sealed from webhook_receipts where state = 'parsed'`,
      );
      // One that was kept and whose answer was lost came again, and was kept again.
      expect(Number(receipts?.count)).toBeGreaterThanOrEqual(genuine.length);
      expect(Number(receipts?.count)).toBeLessThanOrEqual(genuine.length + atOnce);
      expect(Number(receipts?.sealed)).toBe(Number(receipts?.count));
    },
  );
});
