import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect, namesOf, testEvent, testEvents, testType } from '#test/harness/buses.ts';
import { type Bus, BusUnavailable } from '../port.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

const root = resolve(import.meta.dirname, '../../..');
const retention = { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 };
const dyingWorker = new URL('../../../test/events/dying-log-worker.ts', import.meta.url);

describe('the embedded bus', () => {
  let folder: string;
  let file: string;
  const open: Bus[] = [];

  async function openBus(worker?: URL): Promise<Bus> {
    const bus = await openEmbeddedBus({ file, retention, worker });
    open.push(bus);
    return bus;
  }

  const idsIn = async (bus: Bus) => namesOf(await collect(bus.read({ tenant: 'default', from: 'oldest' })));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    file = join(folder, 'data', 'events.sqlite');
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((bus) => bus.close()));
    await rm(folder, { recursive: true, force: true });
  });

  it('is refused to a second process, which may have it after the first', async () => {
    const other = spawn(process.execPath, ['test/events/appending-process.ts', file], { cwd: root });
    try {
      await once(other.stdout, 'data');
      await expect(openBus()).rejects.toThrow(`The event log ${file} is open in another process`);
    } finally {
      other.kill('SIGKILL');
    }
    await once(other, 'close');
    await openBus();
  });

  it('is refused to a second opening in one process', async () => {
    await openBus();
    await expect(openBus()).rejects.toThrow('is open in another process');
  });

  it('has what was published when its process was killed', async () => {
    const other = spawn(process.execPath, ['test/events/appending-process.ts', file], { cwd: root });
    let printed = '';
    other.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length > 37 * 200) other.kill('SIGKILL');
    });
    await once(other, 'close');
    const published = printed.split('\n').slice(0, -1);
    expect(published.length).toBeGreaterThanOrEqual(200);
    const kept = await idsIn(await openBus());
    expect(kept.slice(0, published.length)).toEqual(published);
    // At most the one whose answer was on its way.
    expect(kept.length - published.length).toBeLessThanOrEqual(1);
  });

  it('says what is wrong with a file that is no log', async () => {
    file = join(folder, 'events.sqlite');
    await writeFile(file, 'This is no database.'.repeat(100));
    await expect(openBus()).rejects.toThrow(`The event log ${file} cannot be opened: file is not a database`);
  });

  it('fails what waits when its thread is lost, and goes on with another', async () => {
    const bus = await openBus(dyingWorker);
    const events = testEvents(3);
    await bus.publish(events);
    const following: string[] = [];
    const stop = new AbortController();
    const followed = (async () => {
      for await (const delivery of bus.follow({ tenant: 'default', from: 'oldest' }, stop.signal)) {
        following.push(...namesOf([delivery]));
      }
    })();
    const consumed: string[] = [];
    await bus.consume({ name: 'mail', types: [testType], concurrency: 1 }, async (given) => {
      consumed.push(...given.map(({ id }) => id));
      return { done: given.length };
    });
    await expect.poll(() => [following.length, consumed.length]).toEqual([3, 3]);
    const fatal = bus.publish([testEvent({ key: 'die' })]);
    const behind = bus.publish(testEvents(1));
    await expect(fatal).rejects.toThrow(BusUnavailable);
    await expect(behind).rejects.toThrow(BusUnavailable);
    await expect
      .poll(
        () =>
          bus.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    const more = testEvents(2);
    await bus.publish(more);
    const ids = [...events, ...more].map(({ id }) => id);
    await expect.poll(() => following).toEqual(ids);
    await expect.poll(() => consumed.toSorted()).toEqual(ids);
    await expect.poll(async () => (await bus.lag()).get('mail')).toBe(0);
    stop.abort();
    await followed;
    expect(await idsIn(bus)).toEqual(ids);
  });

  it('gives up a thread that is lost again and again', async () => {
    const bus = await openBus(dyingWorker);
    const dead = async () => {
      await bus.publish([testEvent({ key: 'die' })]).catch(() => {});
      return bus.ping().catch((error: Error) => error.message);
    };
    await expect
      .poll(dead, { timeout: 20_000, interval: 20 })
      .toContain('could not be started again, 5 times');
  });
});
