import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  busEngines,
  collect,
  namesOf,
  otherType,
  type TemporaryLog,
  temporaryLog,
  testEvent,
  testEvents,
  testType,
} from '#test/harness/buses.ts';
import { type Bus, BusUnavailable, type Delivery, InvalidCursor, maxEventBytes } from './port.ts';

const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);

/** A time behind everything that was published so far, and before everything that comes. */
async function timeBetween(): Promise<string> {
  await sleep(5);
  const time = new Date().toISOString();
  await sleep(5);
  return time;
}

describe.each(busEngines)('the bus on $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('publishes and is read', () => {
    const logs: TemporaryLog[] = [];
    let log: TemporaryLog;
    let bus: Bus;
    let stop: AbortController;

    async function newLog(): Promise<TemporaryLog> {
      const made = await temporaryLog(engine);
      logs.push(made);
      return made;
    }

    beforeEach(async () => {
      log = await newLog();
      bus = await log.open();
      stop = new AbortController();
    });

    afterEach(async () => {
      stop.abort();
      await Promise.all(logs.splice(0).map((made) => made.remove()));
    });

    const read = (from: Parameters<Bus['read']>[0]['from'] = 'oldest', tenant = 'default') =>
      collect(bus.read({ tenant, from }));

    /** Follows and keeps what comes. */
    function follow(from: Parameters<Bus['follow']>[0]['from'], tenant = 'default') {
      const seen: Delivery[] = [];
      const ended = (async () => {
        for await (const delivery of bus.follow({ tenant, from }, stop.signal)) seen.push(delivery);
      })();
      return { names: () => namesOf(seen), seen, ended };
    }

    it('keeps what it was given, in order, word for word', async () => {
      const events = testEvents(1_200);
      const published = await bus.publish(events);
      expect(idsOf(published)).toEqual(idsOf(events));
      expect(published.every(({ duplicate }) => !duplicate)).toBe(true);
      const deliveries = await read();
      expect(deliveries.map((delivery) => delivery.kind === 'event' && delivery.event)).toEqual(events);
      expect(deliveries.map(({ cursor }) => cursor)).toEqual(published.map(({ cursor }) => cursor));
    });

    it('has it after it was closed and opened', async () => {
      const events = testEvents(10);
      const published = await bus.publish(events);
      await bus.close();
      bus = await log.open();
      expect(namesOf(await read())).toEqual(idsOf(events));
      expect(namesOf(await read({ cursor: published[6]?.cursor as string }))).toEqual(idsOf(events.slice(7)));
    });

    it('keeps the order of calls of publish that nobody waited for', async () => {
      const events = testEvents(300, { key: 'lead_1' });
      const calls = Array.from({ length: 30 }, (_, n) => bus.publish(events.slice(n * 10, n * 10 + 10)));
      await Promise.all(calls);
      expect(namesOf(await read())).toEqual(idsOf(events));
    });

    it('appends an event once, and says that the second was a duplicate', async () => {
      const [first, second, third] = testEvents(3, { key: 'lead_1' }) as [never, never, never];
      const once = await bus.publish([first, second]);
      const again = await bus.publish([second, third, first, third]);
      expect(again.map(({ duplicate }) => duplicate)).toEqual([true, false, true, true]);
      expect(again[0]?.cursor).toBe(once[1]?.cursor);
      expect(again[2]?.cursor).toBe(once[0]?.cursor);
      expect(again[3]?.cursor).toBe(again[1]?.cursor);
      expect(namesOf(await read())).toEqual(idsOf([first, second, third]));
    });

    it('publishes nothing where there is nothing', async () => {
      expect(await bus.publish([])).toEqual([]);
    });

    it('refuses an event that is too large, naming it', async () => {
      const event = testEvent({}, { text: 'x'.repeat(maxEventBytes) });
      await expect(bus.publish([event])).rejects.toThrow(event.id);
      await bus.publish([testEvent()]);
    });

    it('does not publish for a signal that was aborted', async () => {
      const reason = new Error('gone');
      await expect(bus.publish(testEvents(1), AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await read()).toEqual([]);
    });

    it('takes no more than a bound while appending does not keep up', async () => {
      const events = testEvents(60_000, { key: 'lead_1' });
      const taken = bus.publish(events);
      await expect(bus.publish(testEvents(1))).rejects.toThrow(BusUnavailable);
      await Promise.all([bus.close(), expect(taken).rejects.toThrow(BusUnavailable)]);
    });

    it('reads from a time, to a time, of some types and so many', async () => {
      const before = testEvents(2);
      await bus.publish(before);
      const from = await timeBetween();
      const within = [testEvent(), testEvent({ type: otherType }), testEvent(), testEvent()];
      await bus.publish(within);
      const to = await timeBetween();
      await bus.publish(testEvents(2));
      const ids = idsOf(within);
      const some = async (range: object) =>
        namesOf(await collect(bus.read({ tenant: 'default', from: { time: from }, to, ...range })));
      expect(await some({})).toEqual(ids);
      expect(await some({ types: [otherType] })).toEqual([ids[1]]);
      expect(await some({ types: [testType], limit: 2 })).toEqual([ids[0], ids[2]]);
      expect(await some({ from: 'oldest', limit: 1 })).toEqual([before[0]?.id]);
      expect(await some({ from: { time: await timeBetween() }, to: undefined })).toEqual([]);
    });

    it('refuses a time that is none', async () => {
      await expect(read({ time: 'yesterday' })).rejects.toThrow('"yesterday" is no time');
    });

    it('finds an event by its id', async () => {
      const events = testEvents(5);
      const published = await bus.publish(events);
      const id = events[2]?.id as string;
      expect(await bus.locate('default', id)).toBe(published[2]?.cursor);
      expect(await bus.locate('default', testEvent().id)).toBeNull();
      expect(await bus.locate('other', id)).toBeNull();
    });

    it('follows from the oldest event on, without a gap or a double', async () => {
      const events = testEvents(2_000, { key: 'lead_1' });
      await bus.publish(events.slice(0, 700));
      const { names } = follow('oldest');
      for (let n = 700; n < events.length; n += 100) await bus.publish(events.slice(n, n + 100));
      await expect.poll(() => names().length, { timeout: 10_000 }).toBe(events.length);
      expect(names()).toEqual(idsOf(events));
    });

    it('follows from now, a cursor and a time', async () => {
      const [first, second, third, fourth] = testEvents(4, { key: 'lead_1' }) as [never, never, never, never];
      const published = await bus.publish([first, second]);
      const time = await timeBetween();
      const now = follow({ cursor: await bus.now('default') });
      const cursor = follow({ cursor: published[0]?.cursor as string });
      await bus.publish([third]);
      const sinceThen = follow({ time });
      await bus.publish([fourth]);
      await expect.poll(now.names).toEqual(idsOf([third, fourth]));
      await expect.poll(cursor.names).toEqual(idsOf([second, third, fourth]));
      await expect.poll(sinceThen.names).toEqual(idsOf([third, fourth]));
      const again = follow({ cursor: cursor.seen[1]?.cursor as string });
      await expect.poll(again.names).toEqual(idsOf([fourth]));
    });

    it('ends following when the signal aborts, and when it is closed', async () => {
      const aborted = follow('oldest');
      await bus.publish(testEvents(1));
      await expect.poll(() => aborted.names().length).toBe(1);
      stop.abort();
      await aborted.ended;
      stop = new AbortController();
      const closed = follow('oldest');
      await expect.poll(() => closed.names().length).toBe(1);
      await bus.close();
      await closed.ended;
    });

    it('shows a tenant its own events alone', async () => {
      const [ours, theirs] = [testEvents(3, { tenant: 'ours' }), testEvents(3, { tenant: 'theirs' })];
      const following = follow('oldest', 'ours');
      const published = await bus.publish(ours.flatMap((event, n) => [event, theirs[n] as typeof event]));
      await expect.poll(() => following.names().length).toBe(3);
      expect(following.names()).toEqual(idsOf(ours));
      expect(namesOf(await read('oldest', 'theirs'))).toEqual(idsOf(theirs));
      expect(await bus.locate('theirs', ours[0]?.id as string)).toBeNull();
      const cursor = published[0]?.cursor as string;
      await expect(read({ cursor }, 'theirs')).rejects.toThrow(InvalidCursor);
      await expect(collect(bus.follow({ tenant: 'theirs', from: { cursor } }, stop.signal))).rejects.toThrow(
        InvalidCursor,
      );
      expect(namesOf(await read({ cursor }, 'ours'))).toEqual(idsOf(ours.slice(1)));
      const now = await bus.now('ours');
      await expect(read({ cursor: now }, 'theirs')).rejects.toThrow(InvalidCursor);
    });

    it('keeps an event of each tenant where two have one id', async () => {
      const { id } = testEvent();
      const both = [testEvent({ id, tenant: 'ours' }), testEvent({ id, tenant: 'theirs' })];
      expect((await bus.publish(both)).map(({ duplicate }) => duplicate)).toEqual([false, false]);
      expect(namesOf(await read('oldest', 'theirs'))).toEqual([id]);
    });

    it.each(['', 'nonsense', '1.AAAAAAAAAAAAAAAA', `1.${'A'.repeat(4_000)}`])(
      'refuses %j as a cursor',
      async (cursor) => {
        await expect(read({ cursor })).rejects.toThrow(InvalidCursor);
      },
    );

    it('refuses a cursor of another log', async () => {
      const other = await newLog();
      const [published] = await (await other.open()).publish(testEvents(1));
      await bus.publish(testEvents(1));
      await expect(read({ cursor: published?.cursor as string })).rejects.toThrow(InvalidCursor);
    });

    it('forgets what is trimmed, and says a gap to whoever comes from before it', async () => {
      const [old, kept] = [testEvents(3), testEvents(3)];
      const published = await bus.publish(old);
      const start = await bus.publish([]).then(() => timeBetween());
      await bus.publish(kept);
      expect(await bus.trim(start)).toBe(3);
      expect(await bus.trim(start)).toBe(0);
      expect(namesOf(await read('oldest'))).toEqual(idsOf(kept));
      expect(await bus.locate('default', old[0]?.id as string)).toBeNull();
      const [gap, ...rest] = await read({ cursor: published[0]?.cursor as string });
      expect(gap?.kind).toBe('gap');
      expect(namesOf(rest)).toEqual(idsOf(kept));
      expect(namesOf(await read({ cursor: gap?.cursor as string }))).toEqual(idsOf(kept));
      expect(namesOf(await read({ cursor: published[2]?.cursor as string }))).toEqual(idsOf(kept));
      expect(namesOf(await read({ time: '2020-01-01T00:00:00Z' }))).toEqual(['gap', ...idsOf(kept)]);
      const second = await timeBetween();
      const later = testEvent();
      await bus.publish([later]);
      expect(namesOf(await read({ time: second }))).toEqual([later.id]);
      const following = follow({ cursor: published[0]?.cursor as string });
      await expect.poll(following.names).toEqual(['gap', ...idsOf(kept), later.id]);
    });

    it('says a gap where everything was trimmed', async () => {
      const [first] = await bus.publish(testEvents(3));
      expect(await bus.trim(await timeBetween())).toBe(3);
      expect(namesOf(await read({ cursor: first?.cursor as string }))).toEqual(['gap']);
      const [event] = testEvents(1);
      const following = follow({ cursor: first?.cursor as string });
      await expect.poll(following.names).toEqual(['gap']);
      await bus.publish([event as never]);
      await expect.poll(following.names).toEqual(['gap', event?.id]);
    });

    it('says a gap to a follower that is overtaken', async () => {
      const events = testEvents(3_000);
      await bus.publish(events);
      const following = bus
        .follow({ tenant: 'default', from: 'oldest' }, stop.signal)
        [Symbol.asyncIterator]();
      const seen = [(await following.next()).value as Delivery];
      expect(await bus.trim(await timeBetween())).toBe(3_000);
      const fresh = testEvent();
      await bus.publish([fresh]);
      while (namesOf(seen).at(-1) !== fresh.id) seen.push((await following.next()).value as Delivery);
      // Whatever is not next to the event before it has a gap before it.
      const places = new Map([...events, fresh].map(({ id }, place) => [id, place]));
      const names = namesOf(seen);
      let next = 0;
      for (const [index, name] of names.entries()) {
        if (name === 'gap') continue;
        const place = places.get(name) as number;
        if (place !== next) expect(names[index - 1]).toBe('gap');
        expect(place).toBeGreaterThanOrEqual(next);
        next = place + 1;
      }
      expect(names).toContain('gap');
      expect(names.length).toBeLessThan(2_000);
    });

    it('says no gap to a follower whose tenant lost nothing while it waited', async () => {
      const mine = testEvent({ tenant: 'quiet' });
      const following = follow('oldest', 'quiet');
      await bus.publish(testEvents(20));
      await bus.publish([mine]);
      await expect.poll(following.names).toEqual([mine.id]);
    });

    it.each([
      ['by age', { maxAgeMs: 300, maxBytes: 1_000_000_000 }],
      ['by size', { maxAgeMs: 86_400_000, maxBytes: 60_000 }],
    ])('forgets %s by itself', async (_, retention) => {
      const own = await newLog();
      const small = await own.open(retention);
      const events = testEvents(300);
      const [first] = await small.publish(events);
      const readAgain = () =>
        collect(small.read({ tenant: 'default', from: { cursor: first?.cursor as string } }));
      await expect.poll(async () => (await readAgain())[0]?.kind, { timeout: 10_000 }).toBe('gap');
      const kept = namesOf(await readAgain()).slice(1);
      expect(kept).toEqual(idsOf(events.slice(events.length - kept.length)));
    });

    it('knows the positions of cursors, wherever they are from', async () => {
      const before = await bus.now('default');
      const events = testEvents(5);
      const published = await bus.publish(events);
      const after = await bus.now('default');
      const position = (cursor: string | null) => bus.position('default', cursor as string);
      const ofEvents = await Promise.all(published.map(({ cursor }) => position(cursor)));
      expect(ofEvents).toEqual(ofEvents.toSorted((left, right) => left - right));
      expect(new Set(ofEvents).size).toBe(5);
      expect((await read()).map((delivery) => delivery.position)).toEqual(ofEvents);
      expect(await position(before)).toBeLessThan(ofEvents[0]!);
      expect(await position(after)).toBeGreaterThanOrEqual(ofEvents[4]!);
      expect(await position(await bus.locate('default', events[2]!.id))).toBe(ofEvents[2]);
      const following = follow({ cursor: published[2]!.cursor });
      await expect.poll(() => following.seen.map((each) => each.position)).toEqual(ofEvents.slice(3));
    });

    it('gives no position of a cursor that is none, or of another tenant or log', async () => {
      const [published] = await bus.publish(testEvents(1));
      const cursor = published?.cursor as string;
      await expect(bus.position('default', 'nonsense')).rejects.toThrow(InvalidCursor);
      await expect(bus.position('theirs', cursor)).rejects.toThrow(InvalidCursor);
      const other = await (await newLog()).open();
      await expect(other.position('default', cursor)).rejects.toThrow(InvalidCursor);
    });

    it('answers a ping until it is closed, and may be closed twice', async () => {
      await bus.ping();
      await bus.close();
      await bus.close();
      await expect(bus.ping()).rejects.toThrow(BusUnavailable);
      await expect(bus.publish(testEvents(1))).rejects.toThrow(BusUnavailable);
      await expect(bus.now('default')).rejects.toThrow(BusUnavailable);
      await expect(
        bus.consume({ name: 'g', types: [testType], concurrency: 1 }, async () => ({ done: 1 })),
      ).rejects.toThrow(BusUnavailable);
    });
  });
});
