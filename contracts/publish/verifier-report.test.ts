import { expect, test } from 'vitest';
import { readFailures } from './verifier-report.ts';

const report = `
Verifying a pact between \u001b[1mgateway\u001b[0m and \u001b[1mcrm\u001b[0m

  fetch 1 of Sidebar (15ms loading, 291ms verification)

Failures:

1) Verifying a pact between gateway and crm Given entity exists And entity exists - fetch 1 of Sidebar where it - rests
    1.1) has a matching body
           \u001b[1m$.data.account.deals.nodes[1]\u001b[0m -> Actual map is missing the following keys: stage, amount
           \u001b[1m$.data.account.deals.nodes[0]\u001b[0m -> Actual map is missing the following keys: stage, amount
           \u001b[1m$.data.account.name\u001b[0m -> Expected null (Null) to be the same type as 'x' (String)

2) Verifying a pact between gateway and crm - fetch 1 of Other
    2.1) has status code 200
           expected 200 but was 400

There were 2 pact failures
`;

test('failures are read with their places, each place of a list once', () => {
  expect(readFailures(report)).toEqual([
    {
      interaction: 'fetch 1 of Sidebar where it - rests',
      mismatches: [
        { path: '$.data.account.deals.nodes[1].stage', message: 'It is missing.' },
        { path: '$.data.account.deals.nodes[1].amount', message: 'It is missing.' },
        {
          path: '$.data.account.name',
          message: "Expected null (Null) to be the same type as 'x' (String)",
        },
      ],
    },
    { interaction: 'fetch 1 of Other', mismatches: [{ path: undefined, message: 'has status code 200' }] },
  ]);
  expect(readFailures('Everything is fine.')).toEqual([]);
});
