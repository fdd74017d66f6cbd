import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { executionOver } from '#test/harness/execution.ts';

const { compile, run } = executionOver({ a: 'type Query { a: Int } type Other { b: Int }' });
const nothing = { signal: new AbortController().signal, fetch: () => Promise.reject(new Error('not asked')) };

describe('introspection', () => {
  const byName = compile(parse('query ($name: String!) { __type(name: $name) { name } }'));

  it('is answered for the variables of each request', async () => {
    for (const name of ['Query', 'Other']) {
      const { body } = await byName.execute({ ...nothing, variables: { name } });
      expect(body.toString()).toBe(`{"data":{"__type":{"name":"${name}"}}}`);
    }
  });

  it('has its errors in the response, and none for the next request', async () => {
    const { errors, body } = await byName.execute({ ...nothing, variables: {} });
    expect(errors).toMatchObject([{ extensions: { code: 'INTROSPECTION_FAILED' } }]);
    expect(body.toString()).toContain('"data":{"__type":null}');
    const next = await byName.execute({ ...nothing, variables: { name: 'Query' } });
    expect(next.body.toString()).toBe('{"data":{"__type":{"name":"Query"}}}');
  });

  it('takes fragments within fragments along', async () => {
    const text = `{ __schema { ...S } } fragment S on __Schema { queryType { ...T } }
      fragment T on __Type { ...N } fragment N on __Type { name }`;
    expect((await run(text, {})).body).toBe('{"data":{"__schema":{"queryType":{"name":"Query"}}}}');
  });
});
