import { buildSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import { collectLog } from '#test/harness/log.ts';
import type { UsageLimits } from './options.ts';
import { startUsageRecorder, type UsageRecorder } from './recorder.ts';
import type { UsageBatch, UsageCount } from './types.ts';

const schema = buildSchema('type Query { a: Int b: Int }');
const sent = { tenant: 'default', client: { name: 'desk', version: '1' }, hasErrors: false };

function prepared(text: string): PreparedOperation {
  const document = parse(text);
  const node = document.definitions[0] as OperationDefinitionNode;
  expect(node.kind).toBe(Kind.OPERATION_DEFINITION);
  return { document, node, text, name: node.name?.value, planKey: text, cost: undefined };
}

interface Recording {
  readonly recorder: UsageRecorder;
  readonly batches: UsageBatch[];
  readonly counts: () => readonly UsageCount[];
  readonly log: () => string;
  write: (batch: UsageBatch) => Promise<void>;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function start(limits: Partial<UsageLimits> = {}, now?: () => number): Recording {
  const { logger, text } = collectLog();
  const batches: UsageBatch[] = [];
  const recording: Recording = {
    recorder: startUsageRecorder({
      sink: { write: (batch) => recording.write(batch) },
      log: logger,
      limits: { flushMs: 3_600_000, ...limits },
      ...(now && { now }),
    }),
    batches,
    counts: () => batches.flatMap((batch) => batch.counts),
    log: text,
    write: async (batch) => {
      batches.push(batch);
    },
  };
  ends.push(() => recording.recorder.close());
  return recording;
}

describe('a recorder of usage', () => {
  it('brings counts with their operations, those that mean the same as one', async () => {
    const time = Date.parse('2026-11-21T10:00:00Z');
    const { recorder, batches } = start({}, () => time);
    for (const text of ['{ a b }', '{ b a }', '{ b a }']) recorder.record(schema, prepared(text), sent);
    await recorder.flush();
    expect(batches).toEqual([
      {
        operations: [
          expect.objectContaining({ text: '{a b}', coordinates: ['Query.a', 'Query.b'], kind: 'query' }),
        ],
        counts: [
          {
            tenant: 'default',
            client: 'desk',
            clientVersion: '1',
            hash: batches[0]?.operations[0]?.hash,
            day: '2026-11-21',
            requests: 3,
            errors: 0,
            firstAt: '2026-11-21T10:00:00.000Z',
            lastAt: '2026-11-21T10:00:00.000Z',
          },
        ],
      },
    ]);
    await recorder.flush();
    expect(batches).toHaveLength(1);
  });

  it('brings them every few seconds, and the last of them when it is closed', async () => {
    const { recorder, counts } = start({ flushMs: 20 });
    recorder.record(schema, prepared('{ a }'), sent);
    await expect.poll(counts).toHaveLength(1);
    recorder.record(schema, prepared('{ a }'), sent);
    await recorder.close();
    expect(counts().map(({ requests }) => requests)).toEqual([1, 1]);
  });

  it('keeps what the sink does not take, and says so once', async () => {
    const recording = start();
    const { recorder, counts, log } = recording;
    const { write } = recording;
    recording.write = async () => {
      throw new Error('The disk is full.');
    };
    for (let n = 0; n < 3; n++) {
      recorder.record(schema, prepared('{ a }'), { ...sent, hasErrors: n === 0 });
      await recorder.flush();
    }
    expect(log().match(/The disk is full/g)).toHaveLength(2);
    expect(log().match(/usage cannot be written/g)).toHaveLength(1);
    recording.write = write;
    await recorder.flush();
    expect(counts()).toEqual([expect.objectContaining({ requests: 3, errors: 1 })]);
    expect(log()).toContain('usage is written again');
  });

  it('holds no more than it may while the sink takes nothing, and says what is missing', async () => {
    const recording = start({ counters: 5 });
    const { recorder, log } = recording;
    recording.write = async () => {
      throw new Error('The disk is full.');
    };
    for (let n = 0; n < 8; n++) {
      recorder.record(schema, prepared(`query Q${n} { a }`), sent);
      await recorder.flush();
    }
    expect(log().match(/"requests":1,"msg":"requests were left out/g)).toHaveLength(3);
    await recorder.close();
    expect(log()).toContain('"requests":5,"msg":"usage of the last seconds is lost');
  });

  it('reads new operations only for as long as it may, and all of them when it is closed', async () => {
    const { recorder, batches } = start({ readingShare: 0 });
    for (let n = 0; n < 4; n++) recorder.record(schema, prepared(`query Q${n} { a }`), sent);
    await recorder.flush();
    expect(batches).toEqual([]);
    await recorder.close();
    expect(batches.flatMap(({ operations }) => operations.map(({ name }) => name)).sort()).toEqual([
      'Q0',
      'Q1',
      'Q2',
      'Q3',
    ]);
  });

  it('keeps no more operations of a day than it may', async () => {
    let time = Date.parse('2026-11-21T10:00:00Z');
    const { recorder, counts, log } = start({ operations: 2 }, () => time);
    for (let n = 0; n < 5; n++) recorder.record(schema, prepared(`query Q${n} { a }`), sent);
    await recorder.flush();
    expect(counts()).toHaveLength(2);
    expect(log()).toContain('"requests":3,"msg":"requests were left out');
    time += 86_400_000;
    recorder.record(schema, prepared('query Q9 { a }'), sent);
    await recorder.flush();
    expect(counts()).toHaveLength(3);
  });

  it('does not wait for a sink for ever when it is closed', async () => {
    const recording = start({ closeMs: 20 });
    recording.write = () => new Promise(() => {});
    recording.recorder.record(schema, prepared('{ a }'), sent);
    await recording.recorder.close();
    expect(recording.log()).toContain('usage of the last seconds is lost');
    ends.length = 0;
  });

  it('brings large numbers in parts', async () => {
    const { recorder, batches } = start();
    for (let n = 0; n < 1_200; n++) recorder.record(schema, prepared(`query Q${n} { a }`), sent);
    await recorder.close();
    expect(batches.map(({ counts }) => counts.length)).toEqual([500, 500, 200]);
  });
});
