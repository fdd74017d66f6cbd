import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';

/** How often each table was read, as `crm accounts` → 1. */
function readsOf(statements: House['statements']): Record<string, number> {
  const reads: Record<string, number> = {};
  for (const { name, sql } of statements) {
    const table = /\bfrom\s+"?(\w+)"?/.exec(sql)?.[1];
    const key = `${name} ${table}`;
    reads[key] = (reads[key] ?? 0) + 1;
  }
  return reads;
}

describe('statements of one request', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ accounts: 60 });
  });
  afterAll(() => house.close());

  /** The most that each table may be read: once for each level of the operation that it stands on. */
  const most = {
    'crm accounts': 1,
    'crm opportunities': 2, // the list and the totals
    'crm leads': 1,
    'crm contacts': 1,
    'crm users': 2, // owners of accounts, owners of opportunities
    'email recipients': 2, // of contacts, of accounts
    'email suppressions': 1,
    'email campaigns': 1,
    'consent records': 1,
    'consent purposes': 1,
  };

  it.each([
    ['a snapshot', 'contracts/operations/AccountSnapshot.graphql', { id: 'acc_7_1' }],
    ['a page of 50 accounts', 'contracts/operations/Dashboard.graphql', { first: 50 }],
  ])('%s: one for each type and level', async (_, file, variables) => {
    const document = await readFile(file, 'utf8');
    house.statements.length = 0;
    const { errors } = await ask(`${house.url}/graphql`, document, variables);
    expect(errors).toBeUndefined();
    const reads = readsOf(house.statements);
    expect(reads['crm accounts']).toBe(1);
    for (const [table, limit] of Object.entries(most)) {
      expect([table, (reads[table] ?? 0) <= limit]).toEqual([table, true]);
    }
    // Usage, touches, attribution paths and lead behaviour are four types.
    const analytics = house.statements.filter(({ name }) => name === 'analytics');
    expect(analytics.length).toBeGreaterThan(0);
    expect(analytics.length).toBeLessThanOrEqual(4);
    const others = Object.keys(reads).filter((key) => !key.startsWith('analytics ') && !(key in most));
    expect(others).toEqual([]);
  });
});
