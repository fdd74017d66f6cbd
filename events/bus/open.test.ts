import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testEvent } from '#test/harness/buses.ts';
import { busLocation, openBus } from './open.ts';

describe('the place of the bus', () => {
  it.each([{}, { BUS_URL: '' }])('is the data folder with %o', (env) => {
    expect(busLocation('data', env)).toEqual({ kind: 'embedded', file: join('data', 'events.sqlite') });
  });

  it.each(['nats://127.0.0.1:4222', 'nats://user:secret@a:4222, nats://b:4222'])(
    'is JetStream with %s',
    (url) => {
      expect(busLocation('data', { BUS_URL: url })).toEqual({ kind: 'jetstream', url });
    },
  );

  it.each(['kafka://a:9092', 'localhost:4222', 'nats', 'nats://a,redis://b'])('is refused as %s', (url) => {
    expect(() => busLocation('data', { BUS_URL: url })).toThrow(`BUS_URL is "${url}"`);
  });

  it('shows no password when it is refused', () => {
    expect(() => busLocation('data', { BUS_URL: 'amqp://user:secret@a' })).toThrow('"amqp://…@a"');
  });

  it('is opened', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    const retention = { maxAgeMs: 60_000, maxBytes: 1_000_000 };
    const bus = await openBus(busLocation(folder, {}), { retention });
    await bus.publish([testEvent()]);
    await bus.close();
    await rm(folder, { recursive: true });
  });
});
