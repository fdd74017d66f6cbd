import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type SendGridOptions, sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  mapping,
  type SendgridAccount,
  type SendgridAccountOptions,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';
import { recordsOf, walk } from '../email-suite.ts';
import { beginning, stepFrom, suppressionsPerPage } from './suppressions.ts';

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

const bounce = (created: number, name = `b${created}`) => ({
  email: `${name}@example.com`,
  created,
  reason: '550 no such user',
  status: '5.1.1',
});
const asking = () => ({ urgency: 'sync', signal: AbortSignal.timeout(20_000) }) as const;
const seeded = (suppressions: NonNullable<SendGridOptions['seed']>['suppressions']) =>
  account({ double: { seed: { suppressions } } });
const at = 1_780_000_000;

describe('where a list is read on', () => {
  /** SendGrid's list: what is within the stretch, newest first, a page of it. */
  const page = (lines: readonly number[], { from, width, offset }: typeof beginning) =>
    lines
      .filter((created) => created >= from && (width === null || created < from + width))
      .toSorted((a, b) => b - a)
      .slice(offset, offset + suppressionsPerPage);

  const heap = fc.record({
    second: fc.integer({ min: 0, max: 5_000 }),
    count: fc.integer({ min: 1, max: 900 }),
  });
  const heaps = fc.array(heap, { maxLength: 12 });

  it('leaves out no line, however they lie, and comes to an end', () => {
    fc.assert(fc.property(heaps, fc.integer({ min: 0, max: 1_000 }), readsAll), { numRuns: 60 });
  });

  function readsAll(heaps: readonly { readonly second: number; readonly count: number }[], overlap: number) {
    const lines = heaps.flatMap(({ second, count }) => Array<number>(count).fill(1_000 + second));
    let position = beginning;
    let read = 0;
    let last = -1;
    for (let steps = 0; ; steps += 1) {
      expect(steps).toBeLessThan(2_000);
      const shown = page(lines, position);
      const step = stepFrom(
        position,
        shown.map((created) => ({ created })),
        overlap,
      );
      if (step.read) {
        read += shown.length;
        expect(Math.min(...shown)).toBeGreaterThanOrEqual(last);
        last = Math.max(last, ...shown);
      }
      position = step.position;
      if (step.done) break;
    }
    expect(read).toBe(lines.length);
    expect(position.from).toBe(Math.max(0, Math.max(0, ...lines) - overlap));
  }
});

describe.skipIf(missing)("SendGrid's lists of suppressions", () => {
  it('are told whole, oldest first, in pages that SendGrid takes, a crowded second too', async () => {
    const spread = Array.from({ length: 700 }, (_, index) => bounce(at + index * 3_600));
    const crowd = Array.from({ length: 1_100 }, (_, index) => bounce(at + 9_999, `crowd${index}`));
    const { system, double } = await seeded({ bounces: [...spread, ...crowd] });
    const { seen, next } = await walk(system, 'suppressions', null);
    const told = recordsOf(seen);
    expect(new Set(told.map(({ values }) => values.address))).toEqual(
      new Set([...spread, ...crowd].map(({ email }) => email)),
    );
    expect(told.map(({ changedAt }) => changedAt)).toEqual(told.map(({ changedAt }) => changedAt).toSorted());
    for (const { path, query } of double.requests) {
      if (path.startsWith('/v3/suppression/')) expect(query.get('limit')).toBe('500');
      expect(Number(query.get('offset')) % 500).toBe(0);
    }
    const again = await walk(system, 'suppressions', next);
    expect(again.seen.length).toBeLessThan(5);
  });

  it('leave nobody out who is added, and none for somebody who is taken away, while they are read', async () => {
    const lines = Array.from({ length: 1_200 }, (_, index) => bounce(at + index));
    const { system, double } = await seeded({ bounces: lines });
    const told = new Set<string | null>();
    let cursor: string | null = null;
    for (let pages = 0; pages < 100; pages += 1) {
      const page: Awaited<ReturnType<typeof system.changes<'suppressions'>>> = await system.changes(
        'suppressions',
        cursor,
        asking(),
      );
      for (const { values } of recordsOf(page.seen)) told.add(values.address);
      cursor = page.next;
      if (!page.more) break;
      // The list moves under every page: one is gone that was told, another comes with the newest second.
      const { bounces } = double.state.suppressions;
      const gone = bounces.findIndex(({ email }) => told.has(email));
      if (gone >= 0) bounces.splice(gone, 1);
      if (pages < 20) bounces.push(bounce(at + 1_300 + pages));
    }
    const late = await walk(system, 'suppressions', cursor);
    for (const { values } of recordsOf(late.seen)) told.add(values.address);
    const all = new Set([...lines, ...double.state.suppressions.bounces].map(({ email }) => email));
    expect([...all].filter((email) => !told.has(email))).toEqual([]);
  });

  it('are read again as far back as SendGrid may show a line late', async () => {
    const { system, double } = await seeded({ bounces: [bounce(at)] });
    const { next } = await walk(system, 'suppressions', null);
    double.state.suppressions.bounces.push(bounce(at - 599, 'late'), bounce(at - 601, 'later'));
    const again = recordsOf((await walk(system, 'suppressions', next)).seen);
    expect(again.map(({ values }) => values.address)).toEqual(['late@example.com', `b${at}@example.com`]);
  });

  it('are read by no clock of ours', async () => {
    const { system, proxy, double } = await account();
    const { next } = await walk(system, 'suppressions', null);
    for (const ms of [-86_400_000, 86_400_000]) {
      proxy.clock.skew(ms);
      double.state.suppressions.bounces.push(bounce(double.state.seconds(), `skewed${ms}`));
    }
    const told = recordsOf((await walk(system, 'suppressions', next)).seen);
    expect(told.map(({ values }) => values.address).toSorted()).toEqual([
      'skewed-86400000@example.com',
      'skewed86400000@example.com',
    ]);
  });

  it('mean what the mapping says, each of them', async () => {
    const lists = {
      bounces: [bounce(at, 'bounced')],
      blocks: [bounce(at, 'blocked')],
      invalid_emails: [{ email: 'invalid@example.com', created: at, reason: 'no such domain' }],
      spam_reports: [{ email: 'Annoyed@Example.com', created: at, ip: '127.0.0.1' }],
      unsubscribes: [{ email: 'left@example.com', created: at }],
    };
    const told = async (words: Partial<typeof mapping.suppressions>) => {
      const { system } = await account({
        double: { seed: { suppressions: lists } },
        mapping: { ...mapping, suppressions: { ...mapping.suppressions, ...words } },
      });
      const { seen } = await walk(system, 'suppressions', null);
      return Object.fromEntries(recordsOf(seen).map(({ values }) => [values.address, values.reason]));
    };
    expect(await told({})).toEqual({
      'bounced@example.com': 'BOUNCE',
      'invalid@example.com': 'BOUNCE',
      'annoyed@example.com': 'COMPLAINT',
      'left@example.com': 'UNSUBSCRIBE',
    });
    expect(await told({ blocks: 'BOUNCE', unsubscribes: 'MANUAL', spam_reports: 'none' })).toEqual({
      'bounced@example.com': 'BOUNCE',
      'blocked@example.com': 'BOUNCE',
      'invalid@example.com': 'BOUNCE',
      'left@example.com': 'MANUAL',
    });
  });

  it('are read from the beginning where the mapping has come to tell of them', async () => {
    const words = (blocks: string) => ({ ...mapping, suppressions: { ...mapping.suppressions, blocks } });
    const before = await account({ mapping: words('none') });
    const { next } = await walk(before.system, 'suppressions', null);
    const seed = { suppressions: { blocks: [bounce(at)] } };
    const after = await account({ mapping: words('BOUNCE'), double: { seed } });
    const told = recordsOf((await walk(after.system, 'suppressions', next)).seen);
    expect(told.map(({ values }) => values.address)).toEqual([`b${at}@example.com`]);
  });

  it('are read by address, and by nothing like it', async () => {
    const { system } = await seeded({
      bounces: [bounce(at, 'ada'), { ...bounce(at), email: 'ada@example.com.au' }],
      spam_reports: [{ email: 'ada@example.com', created: at + 5, ip: '127.0.0.1' }],
      invalid_emails: [{ email: 'ada@example.com', created: at + 7, reason: 'no such domain' }],
    });
    const key = { by: 'address', values: ['Ada@example.com', 'nobody@example.com', '%@example.com'] };
    const seen = recordsOf(await system.read('suppressions', key, asking()));
    expect(seen.map(({ values }) => [values.address, values.reason, values.suppressedAt])).toEqual([
      ['ada@example.com', 'COMPLAINT', new Date((at + 5) * 1_000).toISOString()],
      ['ada@example.com', 'BOUNCE', new Date((at + 7) * 1_000).toISOString()],
    ]);
  });

  it('go on at no cursor of another making', async () => {
    const { system } = await account();
    for (const cursor of ['', '{}', '{"at":"bounces","lists":{"bounces":{"from":"now"}}}']) {
      await expect(system.changes('suppressions', cursor, asking())).rejects.toThrow(
        'is no cursor of sendgrid',
      );
    }
  });
});
