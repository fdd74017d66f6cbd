import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { storedOperations } from './tabs.ts';

const operations = resolve(import.meta.dirname, '../../contracts/operations');

test('the tab with a REST route comes first, those that change something last', async () => {
  const kinds = (await storedOperations(operations)).map(({ query }) =>
    /^(query|subscription|mutation) (\w+)/m.exec(query),
  );
  expect(kinds[0]?.[2]).toBe('AccountSnapshot');
  const words = kinds.map((kind) => kind?.[1] ?? '');
  expect([...new Set(words)]).toEqual(['query', 'subscription', 'mutation']);
  const order = (word: string) => ['query', 'subscription', 'mutation'].indexOf(word);
  expect(words).toEqual(words.toSorted((one, other) => order(one) - order(other)));
});

test('variables name an account that is there at any depth, and every page a new idempotency key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-tabs-'));
  try {
    await writeFile(
      join(folder, 'Assign.graphql'),
      'mutation Assign($input: In!) { assign(input: $input) { id } }',
    );
    const example =
      'variables: { input: { idempotencyKey: one, accountId: acc_example, changes: [{ domain: a.example }] } }\n' +
      'entities: { Account: { id: acc_example, domain: a.example } }';
    await writeFile(join(folder, 'Assign.examples.yaml'), example);
    const [stored] = await storedOperations(folder);
    const [one, other] = [0, 1].map(() =>
      JSON.parse(stored?.variablesFor({ id: 'acc_7', domain: null }) as string),
    );
    expect(one.input).toMatchObject({ accountId: 'acc_7', changes: [{ domain: 'a.example' }] });
    expect(one.input.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(one.input.idempotencyKey).not.toBe(other.input.idempotencyKey);
  } finally {
    await rm(folder, { recursive: true });
  }
});
