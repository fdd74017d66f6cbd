import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWebhooks } from '#chassis/vendor/webhooks/open.ts';
import { defaultWebhookRetry } from '#chassis/vendor/webhooks/queue.ts';
import { webhookSecrets } from '#chassis/vendor/webhooks/secrets.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { type Commands, openCommands } from '#test/harness/commands.ts';
import { meterWebhook, signed } from '#test/harness/webhook-place.ts';

const key = Buffer.alloc(32, 3).toString('base64');

describe('the commands that look into what vendors sent', () => {
  let commands: Commands;
  beforeEach(async () => {
    commands = await openCommands();
  });
  afterEach(() => commands.end());

  /** Leaves a delivery that cannot be read, and a notice about somebody that was given up. */
  async function leaveSomeParked(): Promise<void> {
    const dataDir = join(commands.folder, 'data');
    await mkdir(dataDir, { recursive: true });
    const crm = await openCrm({ location: { engine: 'sqlite', file: join(dataDir, 'crm.sqlite') } });
    const webhooks = openWebhooks({
      store: crm.store,
      secrets: webhookSecrets([key]),
      log: pino({ level: 'silent' }),
      sources: [
        {
          vendor: 'meters',
          webhook: (tenant) => meterWebhook(tenant, true),
          effect: {
            kind: 'content',
            apply: async () => {
              throw new RangeError('the meter is off its scale');
            },
          },
        },
      ],
    });
    const notice = {
      id: 'n1',
      at: new Date(0).toISOString(),
      meter: 'm1',
      value: 1,
      reader: 'ada@example.com',
    };
    for (const body of [JSON.stringify([notice]), '{}']) {
      const delivery = {
        method: 'POST',
        url: 'https://here',
        headers: signed(body),
        body: Buffer.from(body),
      };
      await webhooks.intake.take('meters', 'default', delivery);
    }
    const work = webhooks.start({ retry: { ...defaultWebhookRetry, attempts: 1 }, pollMs: 20 });
    const counts = webhooks.counts.get('meters');
    await expect.poll(() => [counts?.parked, counts?.unreadable]).toEqual([1, 1]);
    await work.close();
    await crm.subgraph.close();
  }

  it('show what is parked, have it worked again, and take away what is said of a person', {
    timeout: 120_000,
  }, async () => {
    await leaveSomeParked();
    const run = (...args: readonly string[]) => commands.run(['webhooks', ...args], { VENDOR_KEYS: key });
    const listed = (await run('list')).stdout.split('\n');
    expect(listed).toEqual([
      expect.stringMatching(/^\S+ meters delivery \S+ cannot be read: The delivery is none of this vendor/),
      expect.stringMatching(
        /^\S+ meters notice n1 of meters m1 after 1 attempts: RangeError: the meter is off its scale$/,
      ),
      '2 parked',
    ]);
    const shown = await run('show', 'n1', '--vendor', 'meters');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      kind: 'notice',
      id: 'n1',
      state: 'parked',
      attempts: 1,
    });
    expect(shown.stdout).not.toContain('example.com');
    const missing = await run('show', 'n2', '--vendor', 'meters');
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining('meters has sent no notice and no delivery "n2" to the tenant "default".'),
    ]);

    const onLine = await run('erase', '--vendor', 'meters', '--address', 'ada@example.com');
    expect(onLine.stderr).toContain('--address takes a file');
    const file = join(commands.folder, 'addresses');
    await writeFile(file, 'Ada@Example.com\n');
    const erased = await run('erase', '--vendor', 'meters', '--address', file);
    expect(JSON.parse(erased.stdout)).toEqual({ receipts: 1, notices: 1 });
    expect(JSON.parse((await run('show', 'n1', '--vendor', 'meters')).stdout)).toMatchObject({
      state: 'erased',
      recordId: null,
      erasedAt: expect.any(String),
    });

    const retried = await run('retry', '--vendor', 'meters', '--all');
    expect(JSON.parse(retried.stdout)).toEqual({ retried: 1 });
    expect((await run('list')).stdout).toBe('0 parked');
  });

  it('discard what is parked, and tell of it', { timeout: 120_000 }, async () => {
    await leaveSomeParked();
    const run = (...args: readonly string[]) => commands.run(['webhooks', ...args], { VENDOR_KEYS: key });
    const receiptId = (
      JSON.parse((await run('list', '--json')).stdout.split('\n')[0] ?? '') as { id: string }
    ).id;
    const discarded = await run('discard', receiptId, 'n9', '--vendor', 'meters');
    expect(JSON.parse(discarded.stdout)).toEqual({ discarded: 1, unknown: 1 });
    expect((await run('list')).stdout).toMatch(/^\S+ meters notice n1 .*\n1 parked$/);
    expect((await run('list', '--discarded')).stdout.split('\n')).toEqual([
      expect.stringMatching(/^\S+ meters delivery \S+ cannot be read, discarded: The delivery is none/),
      '1 discarded',
    ]);
    expect(JSON.parse((await run('show', receiptId, '--vendor', 'meters')).stdout)).toMatchObject({
      state: 'discarded',
    });
    expect((await run('discard', '--vendor', 'meters')).stderr).toContain("missing required argument 'ids'");
  });
});
