/**
 * What somebody would write by hand for exactly these two questions: the same fetches as the plans have, merged
 * by hand; no validation, no limits, no log, no deadline.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { report, subgraphUrls } from './contender-process.ts';

// biome-ignore lint/suspicious/noExplicitAny: hand-written handlers merge JSON of any shape
type Json = any;

const pools = Object.fromEntries(
  Object.entries(subgraphUrls).map(([name, url]) => [
    name,
    new Pool(new URL(url).origin, { connections: 64 }),
  ]),
);

async function ask(subgraph: string, query: string, variables: object): Promise<Json> {
  const pool = pools[subgraph] as Pool;
  const { body } = await pool.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return ((await body.json()) as Json).data;
}

const entities = (type: string, rows: readonly Json[]) => ({
  representations: rows.map(({ id }) => ({ __typename: type, id })),
});
const entityQuery = (type: string, selection: string) =>
  `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${type} { ${selection} } } }`;

async function extend(subgraph: string, query: string, type: string, rows: readonly Json[]): Promise<void> {
  if (rows.length === 0) return;
  const data = await ask(subgraph, query, entities(type, rows));
  for (const [index, row] of rows.entries()) Object.assign(row, data._entities[index]);
}

const snapshotOfCrm = `query ($id: ID!) { account(id: $id) {
  id name domain industry country employees annualRevenue { amount currency } lifecycleStage owner { id name }
  ownerSource observedAt
  pipeline { openCount openAmount { amount currency } wonCount wonAmount { amount currency } lostCount }
  opportunities(first: 10) { totalCount nodes { id name stage amount { amount currency } closeDate owner { id name } observedAt } }
  leads(first: 5) { totalCount nodes { id status source updatedAt observedAt } }
  contacts(first: 10) { totalCount nodes { id name title email observedAt } } } }`;
const snapshotOfAnalytics = entityQuery(
  'Account',
  `usage(window: LAST_30_DAYS) { visits activeUsers pageViews lastSeenAt from to asOf observedAt }
  touches(first: 10) { nodes { id channel kind at campaign { id } observedAt } }
  attribution(model: POSITION_BASED) { touches channels { channel credit touches } asOf observedAt }`,
);
const snapshotOfEmail = entityQuery(
  'Account',
  'emailEngagement { contactsMailed delivered opened clicked openRate clickRate lastEngagedAt suppressedContacts observedAt }',
);
const campaignNames = entityQuery('Campaign', 'name');
const leadScores = entityQuery('Lead', 'score { value asOf observedAt }');
const contactConsents = entityQuery(
  'Contact',
  'consents { purpose state legalBasis jurisdiction updatedAt observedAt }',
);
const contactEngagement = entityQuery(
  'Contact',
  `engagement { sent delivered opened clicked lastOpenedAt lastClickedAt observedAt }
  suppressions { reason suppressedAt observedAt }`,
);

async function snapshot({ id }: { id: string }): Promise<Json> {
  const data = await ask('crm', snapshotOfCrm, { id });
  const { account } = data;
  if (account === null) return data;
  const contacts = account.contacts.nodes;
  const analytics = async () => {
    await extend('analytics', snapshotOfAnalytics, 'Account', [account]);
    const campaigns = account.touches.nodes.map((touch: Json) => touch.campaign).filter(Boolean);
    await extend('email', campaignNames, 'Campaign', campaigns);
  };
  await Promise.all([
    analytics(),
    extend('email', snapshotOfEmail, 'Account', [account]),
    extend('analytics', leadScores, 'Lead', account.leads.nodes),
    extend('consent', contactConsents, 'Contact', contacts),
    extend('email', contactEngagement, 'Contact', contacts),
  ]);
  return data;
}

const dashboardOfCrm = `query ($first: Int!, $after: String) { accounts(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { id name domain industry country employees annualRevenue { amount currency } owner { id name } observedAt
    pipeline { openCount openAmount { amount currency } wonCount wonAmount { amount currency } }
    contacts(first: 10) { totalCount nodes { id name title email } } } } }`;
const dashboardOfAnalytics = entityQuery(
  'Account',
  `usage(window: LAST_30_DAYS) { visits activeUsers pageViews lastSeenAt asOf }
  attribution(model: POSITION_BASED) { touches channels { channel credit } }`,
);
const dashboardOfEmail = entityQuery(
  'Account',
  'emailEngagement { contactsMailed delivered openRate clickRate lastEngagedAt }',
);
const dashboardConsents = entityQuery('Contact', 'consents { purpose state }');
const dashboardEngagement = entityQuery('Contact', 'engagement { delivered opened clicked lastOpenedAt }');

async function dashboard(variables: object): Promise<Json> {
  const data = await ask('crm', dashboardOfCrm, variables);
  const accounts = data.accounts.nodes;
  const contacts = accounts.flatMap((account: Json) => account.contacts.nodes);
  await Promise.all([
    extend('analytics', dashboardOfAnalytics, 'Account', accounts),
    extend('email', dashboardOfEmail, 'Account', accounts),
    extend('consent', dashboardConsents, 'Contact', contacts),
    extend('email', dashboardEngagement, 'Contact', contacts),
  ]);
  return data;
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { operationName, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  const data = await (operationName === 'Dashboard' ? dashboard(variables) : snapshot(variables));
  const text = JSON.stringify({ data });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
});
server.listen(0, '127.0.0.1', () =>
  report(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`),
);
