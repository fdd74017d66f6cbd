import { afterEach, describe, expect, test } from 'vitest';
import { until } from './fixture.ts';
import {
  account,
  accountById,
  type HeldCall,
  type HeldSubgraph,
  operationOf,
  type Question,
  startHeldSubgraph,
} from './held-subgraph.ts';

let subgraph: HeldSubgraph;
afterEach(() => subgraph.end());

function entitiesOf(call: HeldCall | undefined): readonly string[] {
  const { representations } = call?.variables ?? {};
  return (representations as readonly { readonly id: string }[]).map(({ id }) => id);
}
const named = (call: HeldCall | undefined) => ({
  data: { _entities: entitiesOf(call).map((id) => ({ name: `name ${id}` })) },
});
const names = (...ids: readonly (string | number)[]) => ({
  kind: 'answer',
  data: { _entities: ids.map((id) => ({ name: `name ${id}` })) },
});
const reads = (...ids: readonly (string | number)[]): Question => ({ representations: ids.map(account) });
const readsOne = (id: string): Question => ({ operation: accountById, variables: `"id":"${id}"` });
const failures = () => subgraph.log.filter((line) => line.msg === 'subgraph fetch failed');
const sharedLines = () => subgraph.log.filter((line) => line.msg === 'shared fetch');

describe('what may be joined', () => {
  test('identical queries of one turn are one fetch', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [1, 2, 3].map(() => subgraph.ask(readsOne('7')));
    await subgraph.received(1);
    subgraph.calls[0]?.answer({ data: { account: { id: '7' } } });
    for (const { answer } of asked) {
      expect(await answer).toMatchObject({ kind: 'answer', data: { account: { id: '7' } }, shared: true });
    }
    expect(subgraph.calls).toHaveLength(1);
    expect(subgraph.calls[0]?.variables).toEqual({ id: '7' });
  });

  test('never what is dispatched: it may have begun before a commit', async () => {
    subgraph = await startHeldSubgraph();
    const before = subgraph.ask(readsOne('7'));
    await subgraph.received(1);
    const after = subgraph.ask(readsOne('7'));
    await subgraph.received(2);
    subgraph.calls[1]?.answer({ data: { account: { id: '7', name: 'new' } } });
    subgraph.calls[0]?.answer({ data: { account: { id: '7', name: 'old' } } });
    expect(await before.answer).toMatchObject({ data: { account: { name: 'old' } } });
    expect(await after.answer).toMatchObject({ data: { account: { name: 'new' } } });
  });

  test('entities of several requests are one fetch with each representation once', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1, 2), reads(2, 3), reads(3, 1)].map(subgraph.ask);
    await subgraph.received(1);
    expect(entitiesOf(subgraph.calls[0])).toEqual(['1', '2', '3']);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers).toMatchObject([names(1, 2), names(2, 3), names(3, 1)]);
    expect(answers.map((answer) => answer.kind === 'answer' && answer.shared)).toEqual([true, true, true]);
    expect(subgraph.calls).toHaveLength(1);
  });

  test('requests for the very same go out as any one of them', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1, 2), reads(1, 2), reads(1, 2)].map(subgraph.ask);
    await subgraph.received(1);
    expect(entitiesOf(subgraph.calls[0])).toEqual(['1', '2']);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    expect(await Promise.all(asked.map(({ answer }) => answer))).toMatchObject(asked.map(() => names(1, 2)));
    expect(sharedLines()).toMatchObject([{ requests: 3, parts: 2 }]);
  });

  test('and share with one that asks for more', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1, 2), reads(1, 2), reads(2, 3), reads(1, 2)].map(subgraph.ask);
    await subgraph.received(1);
    expect(entitiesOf(subgraph.calls[0])).toEqual(['1', '2', '3']);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers).toMatchObject([names(1, 2), names(1, 2), names(2, 3), names(1, 2)]);
    expect(sharedLines()).toMatchObject([{ requests: 4, parts: 3 }]);
  });

  test('an answer that nobody else sees is not marked as shared, which spares a copy', async () => {
    subgraph = await startHeldSubgraph();
    const [one, both, other] = [reads(1), reads(2), reads(2, 3)].map(subgraph.ask);
    await subgraph.received(1);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    expect(await one?.answer).not.toHaveProperty('shared');
    expect(await both?.answer).toHaveProperty('shared', true);
    expect(await other?.answer).toHaveProperty('shared', true);
  });

  const otherOperation = operationOf('query($id:ID!){account(id:$id){name}}');
  test.each<[string, Question]>([
    ['another viewer or another forwarded header', { ...readsOne('7'), sharingKey: 'somebody' }],
    ['other variables', readsOne('8')],
    ['another operation', { ...readsOne('7'), operation: otherOperation }],
    ['a mutation', { ...readsOne('7'), kind: 'mutation' }],
    ['a request that writes', { ...readsOne('7'), sharingKey: undefined }],
  ])('not by %s', async (_, question) => {
    subgraph = await startHeldSubgraph();
    const asked = [readsOne('7'), question, question].map(subgraph.ask);
    const isShared = question.sharingKey !== undefined || !('sharingKey' in question);
    const expected = isShared && question.kind !== 'mutation' ? 2 : 3;
    await subgraph.received(expected);
    for (const call of subgraph.calls) {
      call.answer({ data: { account: null } });
    }
    await Promise.all(asked.map(({ answer }) => answer));
    expect(subgraph.calls).toHaveLength(expected);
  });

  test('entities with other variables are fetched apart', async () => {
    subgraph = await startHeldSubgraph();
    const asked = ['"window":"DAY"', '"window":"WEEK"'].map((variables) =>
      subgraph.ask({ ...reads(1), variables }),
    );
    await subgraph.received(2);
    expect(subgraph.calls.map((call) => call.variables.window).toSorted()).toEqual(['DAY', 'WEEK']);
    for (const call of subgraph.calls) {
      call.answer(named(call));
    }
    await Promise.all(asked.map(({ answer }) => answer));
  });
});

describe('root fields with other variables', () => {
  const accountsOf = (call: HeldCall | undefined) =>
    Object.fromEntries(
      Object.entries(call?.variables ?? {}).map(([name, id]) => {
        const alias = name === 'id' ? 'account' : `p${name.slice(1, 2)}_account`;
        return [alias, { id, name: `name ${id}` }];
      }),
    );
  const accountNamed = (id: string) => ({ data: { account: { id, name: `name ${id}` } } });

  test('go out as one, the same variables once', async () => {
    subgraph = await startHeldSubgraph({ rootRequests: 16 });
    const asked = ['7', '8', '7', '9'].map(readsOne).map(subgraph.ask);
    await subgraph.received(1);
    expect(subgraph.calls[0]?.variables).toEqual({ v0_id: '7', v1_id: '8', v2_id: '9' });
    subgraph.calls[0]?.answer({ data: accountsOf(subgraph.calls[0]) });
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers).toMatchObject(['7', '8', '7', '9'].map(accountNamed));
    expect(answers.map((answer) => answer.kind === 'answer' && answer.shared)).toEqual([
      true,
      undefined,
      true,
      undefined,
    ]);
    expect(subgraph.calls).toHaveLength(1);
  });

  test('one request alone is sent as it is', async () => {
    subgraph = await startHeldSubgraph({ rootRequests: 16 });
    const asked = ['7', '7'].map(readsOne).map(subgraph.ask);
    await subgraph.received(1);
    expect(subgraph.calls[0]).toMatchObject({ query: accountById.text, variables: { id: '7' } });
    subgraph.calls[0]?.answer({ data: accountsOf(subgraph.calls[0]) });
    expect(await Promise.all(asked.map(({ answer }) => answer))).toMatchObject(['7', '7'].map(accountNamed));
  });

  test('a field that makes everything null harms its own request only', async () => {
    subgraph = await startHeldSubgraph({ rootRequests: 16 });
    const asked = ['7', '8'].map(readsOne).map(subgraph.ask);
    await subgraph.received(1);
    subgraph.calls[0]?.answer({ data: null, errors: [{ message: 'no', path: ['p1_account'] }] });
    await subgraph.received(3);
    for (const call of subgraph.calls.slice(1)) {
      expect(call.query).toBe(accountById.text);
      const isBad = call.variables.id === '8';
      call.answer(
        isBad ? { data: null, errors: [{ message: 'no', path: ['account'] }] } : { data: accountsOf(call) },
      );
    }
    expect(await asked[0]?.answer).toMatchObject({ ...accountNamed('7'), errors: [] });
    expect(await asked[1]?.answer).toMatchObject({ data: null, errors: [{ path: ['account'] }] });
  });

  test('not beyond the bound, and not with another viewer', async () => {
    subgraph = await startHeldSubgraph({ rootRequests: 2 });
    const questions: Question[] = [
      ...['7', '8', '9'].map(readsOne),
      { ...readsOne('9'), sharingKey: 'other' },
    ];
    const asked = questions.map(subgraph.ask);
    await subgraph.received(3);
    for (const call of subgraph.calls) {
      call.answer({ data: accountsOf(call) });
    }
    await Promise.all(asked.map(({ answer }) => answer));
    expect(subgraph.calls.map(({ variables }) => Object.values(variables).join()).toSorted()).toEqual([
      '7,8',
      '9',
      '9',
    ]);
  });
});

describe('the queue', () => {
  test('with so many under way the next ones queue, and go as one when one lands', async () => {
    subgraph = await startHeldSubgraph({ inFlight: 2 });
    const first = subgraph.ask(reads(1));
    await subgraph.received(1);
    const second = subgraph.ask(reads(2));
    await subgraph.received(2);
    const queued = [subgraph.ask(reads(3))];
    await new Promise(setImmediate);
    queued.push(subgraph.ask(reads(4)), subgraph.ask(reads(3, 5)));
    await new Promise(setImmediate);
    expect(subgraph.target.load).toBe(2);
    subgraph.calls[1]?.answer(named(subgraph.calls[1]));
    await subgraph.received(3);
    expect(entitiesOf(subgraph.calls[2])).toEqual(['3', '4', '5']);
    subgraph.calls[2]?.answer(named(subgraph.calls[2]));
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    const answers = await Promise.all([first, second, ...queued].map(({ answer }) => answer));
    expect(answers).toMatchObject([names(1), names(2), names(3), names(4), names(3, 5)]);
    expect(subgraph.calls).toHaveLength(3);
  });

  test('no longer than it may, though nothing lands', async () => {
    subgraph = await startHeldSubgraph({ inFlight: 1, queueMs: 1 });
    const stuck = subgraph.ask(reads(1));
    await subgraph.received(1);
    const queued = subgraph.ask(reads(2));
    await subgraph.received(2);
    subgraph.calls[1]?.answer(named(subgraph.calls[1]));
    expect(await queued.answer).toMatchObject(names(2));
    stuck.leave();
  });

  test.each([
    ['representations', { representations: 3 }],
    ['characters', { characters: account(1).length * 3 }],
  ])('a fetch has at most so many %s; one request alone may have more', async (_, bounds) => {
    subgraph = await startHeldSubgraph(bounds);
    const asked = [reads(1, 2), reads(2, 3), reads(4), reads(1, 2, 3, 5, 6)].map(subgraph.ask);
    await subgraph.received(3);
    for (const call of subgraph.calls) {
      call.answer(named(call));
    }
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers).toMatchObject([names(1, 2), names(2, 3), names(4), names(1, 2, 3, 5, 6)]);
    expect(subgraph.calls.map((call) => entitiesOf(call).join('')).toSorted()).toEqual(['123', '12356', '4']);
  });

  test('nothing is kept when all is answered', async () => {
    subgraph = await startHeldSubgraph({ inFlight: 1 });
    const asked = [reads(1), readsOne('7')].map(subgraph.ask);
    await subgraph.received(2);
    asked.push(subgraph.ask(reads(2)), subgraph.ask(reads(3)));
    asked[2]?.leave();
    asked[3]?.leave();
    for (const call of subgraph.calls) {
      call.answer(call.query === accountById.text ? { data: { account: null } } : named(call));
    }
    await Promise.all(asked.map(({ answer }) => answer));
    await until(() => subgraph.target.load === 0);
    expect(subgraph.target.sharing?.shapes.size).toBe(0);
    expect(asked.map(({ scope }) => scope.underWay.size)).toEqual([0, 0, 0, 0]);
    expect(subgraph.calls).toHaveLength(2);
  });
});

describe('errors and failures', () => {
  test('an error goes to whoever asked for the entity, with the place it has there', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1, 2), reads(3, 2), reads(4)].map(subgraph.ask);
    await subgraph.received(1);
    subgraph.calls[0]?.answer({
      data: { _entities: [{ name: 'a' }, { name: null }, null, { name: 'd' }] },
      errors: [
        { message: 'three', path: ['_entities', 2] },
        { message: 'two', path: ['_entities', 1, 'name'], extensions: { code: 'X' } },
      ],
    });
    const [first, second, third] = await Promise.all(asked.map(({ answer }) => answer));
    const two = { message: 'two', extensions: { code: 'X' } };
    expect(first).toMatchObject({
      data: { _entities: [{ name: 'a' }, { name: null }] },
      errors: [{ ...two, path: ['_entities', 1, 'name'] }],
    });
    expect(second).toMatchObject({
      data: { _entities: [null, { name: null }] },
      errors: [
        { message: 'three', path: ['_entities', 0] },
        { ...two, path: ['_entities', 1, 'name'] },
      ],
    });
    expect(third).toMatchObject({ data: { _entities: [{ name: 'd' }] }, errors: [] });
    expect(asked.map(({ scope }) => scope.records?.map((record) => record.outcome))).toEqual([
      ['ERROR'],
      ['ERROR'],
      ['OK'],
    ]);
  });

  const wholeFailures: readonly [string, (call: HeldCall) => void][] = [
    ['HTML', (call) => call.answer('<html>', 'text/html')],
    ['truncated JSON', (call) => call.answer('{"data":{"_entities":[')],
    ['data null', (call) => call.answer({ data: null, errors: [{ message: 'bad', path: ['_entities'] }] })],
    ['one entity too few', (call) => call.answer({ data: { _entities: [null, null] } })],
    ['one entity too many', (call) => call.answer({ data: { _entities: [null, null, null, null] } })],
    ['an entity that is a text', (call) => call.answer({ data: { _entities: ['a', null, null] } })],
    ['an error without a path', (call) => call.answer({ ...named(call), errors: [{ message: 'bad' }] })],
    ['a reset', (call) => void call.response.socket?.resetAndDestroy()],
    [
      'a reset in the middle',
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
        response.write('{"data":', () => response.socket?.resetAndDestroy());
      },
    ],
    ['too much', (call) => call.answer({ data: { _entities: ['x'.repeat(200_000)] } })],
  ];

  test.each(wholeFailures)('%s: each asks again for itself, once', async (_, fail) => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1), reads(2), reads(3)].map(subgraph.ask);
    await subgraph.received(1);
    const [union] = subgraph.calls;
    if (union) fail(union);
    await subgraph.received(4);
    const alone = subgraph.calls.slice(1).toSorted((a, b) => Number(entitiesOf(a)) - Number(entitiesOf(b)));
    expect(alone.map(entitiesOf)).toEqual([['1'], ['2'], ['3']]);
    alone[0]?.answer(named(alone[0]));
    alone[1]?.answer('<html>', 'text/html');
    alone[2]?.answer(named(alone[2]));
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers).toMatchObject([names(1), { kind: 'failure', code: 'SUBGRAPH_INVALID_ANSWER' }, names(3)]);
    expect(subgraph.calls).toHaveLength(4);
    expect(asked.map(({ scope }) => scope.records?.map((record) => record.outcome))).toEqual([
      ['OK'],
      ['UNAVAILABLE'],
      ['OK'],
    ]);
  });

  test('requests for the very same are not asked again: alone they would have failed too', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1, 2), reads(1, 2)].map(subgraph.ask);
    await subgraph.received(1);
    subgraph.calls[0]?.answer('<html>', 'text/html');
    for (const { answer } of asked) {
      expect(await answer).toMatchObject({ kind: 'failure', code: 'SUBGRAPH_INVALID_ANSWER' });
    }
    expect(subgraph.calls).toHaveLength(1);
    expect(failures()).toMatchObject([
      { code: 'SUBGRAPH_INVALID_ANSWER', requestIds: ['request-0', 'request-1'], firstBytes: '<html>' },
    ]);
  });

  test('who is left of a failed union asks again, though it is the only one', async () => {
    subgraph = await startHeldSubgraph();
    const [stays, leaves] = [reads(1), reads(2)].map(subgraph.ask);
    await subgraph.received(1);
    leaves?.leave();
    subgraph.calls[0]?.answer('<html>', 'text/html');
    await subgraph.received(2);
    expect(entitiesOf(subgraph.calls[1])).toEqual(['1']);
    subgraph.calls[1]?.answer(named(subgraph.calls[1]));
    expect(await stays?.answer).toMatchObject(names(1));
  });

  test.each([
    ['too few', [null]],
    ['too many', [null, null, null]],
    ['none', undefined],
  ])('%s entities for one request: a masked failure and a whole line', async (_, entities) => {
    subgraph = await startHeldSubgraph();
    const { answer } = subgraph.ask(reads(1, 2));
    await subgraph.received(1);
    subgraph.calls[0]?.answer({ data: { _entities: entities } });
    expect(await answer).toEqual({
      kind: 'failure',
      code: 'SUBGRAPH_INVALID_ANSWER',
      message: 'Subgraph "accounts" gave an answer that cannot be read.',
    });
    expect(failures()).toMatchObject([
      { requestId: 'request-0', cause: expect.stringContaining('entities'), status: 200 },
    ]);
  });

  test('where too many fetches wait, a shared one is refused for all, without asking again', async () => {
    subgraph = await startHeldSubgraph({ inFlight: 100 }, 0);
    const holding = Array.from({ length: 16 }, (_, index) => subgraph.ask(readsOne(String(index))));
    await subgraph.received(16);
    const refused = [reads(1), reads(2)].map(subgraph.ask);
    for (const { answer } of refused) {
      expect(await answer).toMatchObject({ kind: 'failure', code: 'SUBGRAPH_UNAVAILABLE' });
    }
    expect(subgraph.calls).toHaveLength(16);
    for (const { leave } of holding) {
      leave();
    }
  });
});

describe('leaving', () => {
  test('a deadline is its own: the others are answered', async () => {
    subgraph = await startHeldSubgraph();
    const hasty = subgraph.ask({ ...reads(1), timeoutMs: 1 });
    const patient = subgraph.ask(reads(1));
    await subgraph.received(1);
    expect(await hasty.answer).toMatchObject({ kind: 'failure', code: 'SUBGRAPH_TIMEOUT' });
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    expect(await patient.answer).toMatchObject(names(1));
    expect(hasty.scope.records).toMatchObject([{ outcome: 'TIMEOUT' }]);
    expect(patient.scope.records).toMatchObject([{ outcome: 'OK' }]);
    expect(failures()).toMatchObject([{ requestId: hasty.scope.id, code: 'SUBGRAPH_TIMEOUT' }]);
  });

  test('the fetch is aborted when the last one leaves, not before', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1), reads(2), reads(1)].map(subgraph.ask);
    await subgraph.received(1);
    asked[0]?.leave();
    asked[1]?.leave();
    await new Promise(setImmediate);
    expect(subgraph.calls[0]?.isOver).toBe(false);
    asked[2]?.leave();
    await until(() => subgraph.calls[0]?.isOver === true);
    await until(() => subgraph.target.load === 0);
    expect(failures()).toEqual([]);
    expect(sharedLines()).toMatchObject([{ outcome: 'ABANDONED', requests: 3 }]);
  });

  test('what only a leaver wanted is not asked', async () => {
    subgraph = await startHeldSubgraph();
    const [first, second, third] = [reads(1, 2), reads(2, 3), reads(4)].map(subgraph.ask);
    first?.leave();
    await subgraph.received(1);
    expect(entitiesOf(subgraph.calls[0])).toEqual(['2', '3', '4']);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    expect(await second?.answer).toMatchObject(names(2, 3));
    expect(await third?.answer).toMatchObject(names(4));
  });

  test('a fetch that everybody left before it went is not sent', async () => {
    subgraph = await startHeldSubgraph();
    for (const { leave } of [reads(1), reads(2)].map(subgraph.ask)) {
      leave();
    }
    const { answer } = subgraph.ask(reads(3));
    await subgraph.received(1);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    expect(await answer).toMatchObject(names(3));
    expect(subgraph.calls.map(entitiesOf)).toEqual([['3']]);
  });
});

describe('tracing', () => {
  test('a shared fetch has a span of its own, and a line that links the requests', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [{ ...reads(1), sampled: false }, reads(2)].map(subgraph.ask);
    await subgraph.received(1);
    const headers = subgraph.calls[0]?.headers ?? {};
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    await Promise.all(asked.map(({ answer }) => answer));
    const [line] = sharedLines();
    expect(line).toMatchObject({
      sharedFetch: headers['x-request-id'],
      subgraph: 'accounts',
      outcome: 'OK',
      requests: 2,
      parts: 2,
      requestIds: ['request-0', 'request-1'],
      traceIds: asked.map(({ scope }) => scope.traceId),
    });
    expect(headers.traceparent).toMatch(new RegExp(`^00-${line?.traceId}-[0-9a-f]{16}-01$`));
    expect(asked.map(({ scope }) => scope.traceId)).not.toContain(line?.traceId);
  });

  test('nobody samples: the shared fetch is not sampled', async () => {
    subgraph = await startHeldSubgraph();
    const asked = [reads(1), reads(2)].map((question) => subgraph.ask({ ...question, sampled: false }));
    await subgraph.received(1);
    expect(subgraph.calls[0]?.headers.traceparent).toMatch(/-00$/);
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    await Promise.all(asked.map(({ answer }) => answer));
  });

  test('a request that is alone has its own id and trace at the subgraph, and no line', async () => {
    subgraph = await startHeldSubgraph();
    const { answer, scope } = subgraph.ask(reads(1));
    await subgraph.received(1);
    const headers = subgraph.calls[0]?.headers ?? {};
    subgraph.calls[0]?.answer(named(subgraph.calls[0]));
    await answer;
    expect(headers['x-request-id']).toBe(scope.id);
    expect(headers.traceparent).toContain(scope.traceId);
    expect(sharedLines()).toEqual([]);
  });
});
