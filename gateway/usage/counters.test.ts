import { buildSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import { createCounters } from './counters.ts';

const schema = buildSchema('type Query { a: Int }');

function prepared(text = '{ a }'): PreparedOperation {
  const document = parse(text);
  const node = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode;
  return { document, node, text, name: node.name?.value, planKey: text, cost: undefined };
}

const sent = (name: string, hasErrors = false, version = '1') => ({
  tenant: 'default',
  client: { name, version },
  hasErrors,
});

const roomy = { counters: 100, clients: 100, characters: 1_000_000 };

describe('counters', () => {
  it('are one for each client, version, tenant and operation', () => {
    const counters = createCounters({ ...roomy, counters: 10, clients: 10 });
    const operation = prepared();
    counters.count(schema, operation, sent('a'));
    counters.count(schema, operation, sent('a', true));
    counters.count(schema, operation, sent('a', false, '2'));
    counters.count(schema, operation, { ...sent('a'), tenant: 'acme' });
    counters.count(schema, prepared(), sent('a'));
    const taken = counters.take();
    expect(taken.map(({ requests, errors }) => `${requests} ${errors}`).sort()).toEqual([
      '1 0',
      '1 0',
      '1 0',
      '2 1',
    ]);
    expect(counters.take()).toEqual([]);
    expect(counters.takeMissed()).toBe(0);
  });

  it('are apart on both sides of midnight in UTC, and when the clock is set back', () => {
    let time = Date.parse('2026-11-21T23:59:59.999Z');
    const counters = createCounters({ ...roomy, counters: 10, clients: 10 }, () => time);
    const operation = prepared();
    counters.count(schema, operation, sent('a'));
    time += 1;
    counters.count(schema, operation, sent('a'));
    counters.count(schema, operation, sent('a'));
    time -= 1;
    counters.count(schema, operation, sent('a'));
    const days = Object.fromEntries(counters.take().map(({ day, requests }) => [day, requests]));
    expect(days).toEqual({ '2026-11-21': 2, '2026-11-22': 2 });
  });

  it('keep those who are seen all the time, sample the rest and say how many requests are missing', () => {
    let turn = 0;
    /* Every fourth request without a counter is let in. */
    const random = () => (turn++ % 4 === 0 ? 0 : 0.5);
    const counters = createCounters({ ...roomy, counters: 20, clients: 10 }, Date.now, random);
    const usual = [prepared(), prepared(), prepared()];
    for (let n = 0; n < 1_000; n++) {
      for (const operation of usual) counters.count(schema, operation, sent('a'));
      counters.count(schema, prepared(`{ a${n}: a }`), sent('a'));
    }
    const taken = counters.take();
    const missed = counters.takeMissed();
    expect(taken).toHaveLength(20);
    for (const operation of usual) {
      expect(taken.find((counter) => counter.operation === operation)?.requests).toBe(1_000);
    }
    expect(taken.reduce((sum, { requests }) => sum + requests, 0) + missed).toBe(4_000);
    expect(taken.filter(({ operation }) => operation.text > '{ a900')).not.toHaveLength(0);
    expect(counters.takeMissed()).toBe(0);
  });

  it('hold no more text than they may, each operation once whoever sends it', () => {
    const counters = createCounters({ ...roomy, characters: 100 }, Date.now, () => 0);
    const usual = prepared(`{ a ${'# '.repeat(20)}\n}`);
    for (let n = 0; n < 50; n++) counters.count(schema, usual, sent(`client-${n}`));
    for (let n = 0; n < 50; n++) {
      counters.count(schema, prepared(`{ a${n}: a ${'# '.repeat(15)}\n}`), sent('flood'));
      for (let m = 0; m < 50; m++) counters.count(schema, usual, sent(`client-${m}`));
    }
    const missed = counters.takeMissed();
    const taken = counters.take();
    const texts = new Set(taken.map(({ operation }) => operation.text));
    expect([...texts].join('').length).toBeLessThanOrEqual(100);
    expect(taken.filter(({ operation }) => operation === usual)).toHaveLength(50);
    expect(taken.reduce((sum, { requests }) => sum + requests, 0) + missed).toBe(2_600);
    expect(counters.take()).toEqual([]);
    counters.count(schema, prepared(`{ b: a ${'# '.repeat(40)}\n}`), sent('a'));
    expect(counters.takeMissed()).toBe(0);
  });

  it('tell no more clients apart than they may in a day, and keep their requests', () => {
    let time = Date.parse('2026-11-21T10:00:00Z');
    const counters = createCounters({ ...roomy, counters: 100, clients: 3 }, () => time);
    const operation = prepared();
    for (let n = 0; n < 50; n++) counters.count(schema, operation, sent(`client-${n}`));
    const names = () => Object.fromEntries(counters.take().map(({ client, requests }) => [client, requests]));
    expect(names()).toEqual({ 'client-0': 1, 'client-1': 1, 'client-2': 1, other: 47 });
    counters.count(schema, operation, sent('client-9'));
    expect(names()).toEqual({ other: 1 });
    time += 86_400_000;
    counters.count(schema, operation, sent('client-9'));
    expect(names()).toEqual({ 'client-9': 1 });
  });

  it('go back where they were, as far as there is room', () => {
    const counters = createCounters({ ...roomy, counters: 2, clients: 10 });
    const [one, two, three] = [prepared(), prepared(), prepared()];
    for (const operation of [one, two]) counters.count(schema, operation, sent('a'));
    const taken = counters.take();
    counters.count(schema, one, sent('a', true));
    counters.count(schema, three, sent('a'));
    counters.putBack(taken);
    const held = counters.take();
    expect(held.find(({ operation }) => operation === one)).toMatchObject({ requests: 2, errors: 1 });
    expect(held).toHaveLength(2);
    expect(counters.takeMissed()).toBe(1);
  });
});
