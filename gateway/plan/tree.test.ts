import { expect, it } from 'vitest';
import { errorsOf, executionOver } from '#test/harness/execution.ts';

const { run } = executionOver({
  root: 'type Query { t: T } type T @key(fields: "id") { id: ID! }',
  early: 'type T @key(fields: "id") { id: ID! limits: Limits @shareable } type Limits { flags: Int }',
  late: 'type T @key(fields: "id") { id: ID! limits: Limits @shareable } type Limits { seats: Int }',
});

it('a failure explains what is missing in an object that a parallel fetch adds after it', async () => {
  const failed = Promise.withResolvers<void>();
  const outcome = await run('{ t { limits { seats flags } } }', {
    root: () => ({ t: { __typename: 'T', id: '1' } }),
    early: () => {
      // By the next turn of the event loop the failure has been seen.
      setImmediate(failed.resolve);
      return 'SUBGRAPH_TIMEOUT';
    },
    late: () => failed.promise.then(() => ({ _entities: [{ limits: { seats: 3 } }] })),
  });
  expect(outcome.requests.map(({ subgraph }) => subgraph).sort()).toEqual(['early', 'late', 'root']);
  expect(outcome.response.data).toEqual({ t: { limits: { seats: 3, flags: null } } });
  expect(errorsOf(outcome)).toEqual([['["t","limits","flags"]', 'SUBGRAPH_TIMEOUT']]);
});
