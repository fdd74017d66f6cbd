import type { Kysely } from 'kysely';
import { money } from '#chassis/money.ts';
import type { EntityTables, Tables } from '#subgraphs/crm/store/tables.ts';
import type { Portal } from './hubspot/portal.ts';
import type { ObjectType } from './hubspot/schema.ts';
import { dealStages, leadStages, lifecycles } from './hubspot-words.ts';

/** HubSpot's ids, by ours. */
type Ids = ReadonlyMap<string, string>;

/** This account has stages of its own for what a usual one has no words for. */
const stagesHere = { ...leadStages, CONVERTED: 'converted-stage-id' };
const lifecyclesHere = { ...lifecycles, FORMER_CUSTOMER: 'former' };

/** Fills a portal with the rows of a CRM; our ids of all but users are what it has them by. Nobody is told. */
export async function loadPortal(portal: Portal, db: Kysely<Tables>): Promise<void> {
  const rowsOf = <Table extends keyof EntityTables>(table: Table) =>
    db
      .selectFrom(table as 'accounts')
      .selectAll()
      .orderBy('id')
      .execute() as unknown as Promise<EntityTables[Table][]>;
  const users = await rowsOf('users');
  const accounts = await rowsOf('accounts');
  const contacts = await rowsOf('contacts');
  const leads = await rowsOf('leads');
  const opportunities = await rowsOf('opportunities');
  // Records refer to later ones too: their ids are known before they are made.
  let last = 1_000;
  const ids: Ids = new Map(
    [users, accounts, contacts, leads, opportunities].flat().map(({ id }) => [id, String(++last)]),
  );
  const idOf = (id: string | null) => (id === null ? null : (ids.get(id) ?? null));

  const add = (
    type: ObjectType,
    row: { readonly id: string; readonly createdAt: string },
    values: Readonly<Record<string, string | number | null>>,
  ) => {
    const given = { tributary_id: row.id, ...values };
    const texts = Object.entries(given).flatMap(([name, value]) =>
      value === null ? [] : [[name, String(value)] as const],
    );
    const at = { id: idOf(row.id) as string, createdAt: Date.parse(row.createdAt) };
    portal.seed(type, Object.fromEntries(texts), at);
  };
  const link = (type: ObjectType, id: string, to: ObjectType, end: string | null) => {
    const other = idOf(end);
    if (other === null) return;
    portal.seedAssociation({ type, id: idOf(id) as string }, { type: to, id: other }, { primary: true });
  };

  for (const { id, name, email, team } of users) {
    const [firstName = '', ...rest] = name.split(' ');
    portal.owners.push({
      ...{ id: idOf(id) as string, firstName, lastName: rest.join(' '), email: email ?? '', archived: false },
      ...(team !== null && { teams: [{ id: '1', name: team, primary: true }] }),
    });
  }
  for (const row of accounts) {
    add('companies', row, {
      name: row.name,
      domain: row.domain,
      industry: row.industry,
      numberofemployees: row.employees,
      annualrevenue: money(row.revenueMinor, row.revenueCurrency)?.amount ?? null,
      revenue_currency: row.revenueCurrency,
      country: row.country,
      founded_year: row.foundedYear,
      stage_of_life: row.lifecycleStage && lifecyclesHere[row.lifecycleStage],
      hs_parent_company_id: idOf(row.parentId),
      hubspot_owner_id: idOf(row.ownerId),
    });
  }
  for (const row of contacts) {
    const [firstname = '', ...rest] = row.name.split(' ');
    const { email, title, phone, country } = row;
    add('contacts', row, { firstname, lastname: rest.join(' '), email, jobtitle: title, phone, country });
    link('contacts', row.id, 'companies', row.accountId);
  }
  for (const row of leads) {
    add('leads', row, {
      hs_lead_name: 'Somebody',
      hs_pipeline: 'lead-pipeline-id',
      hs_pipeline_stage: stagesHere[row.status],
      tributary_source: row.source,
      hubspot_owner_id: idOf(row.ownerId),
    });
    link('leads', row.id, 'contacts', row.contactId);
    link('leads', row.id, 'companies', row.accountId);
  }
  for (const row of opportunities) {
    add('deals', row, {
      dealname: row.name,
      pipeline: 'default',
      dealstage: dealStages[row.stage],
      amount: money(row.amountMinor, row.amountCurrency)?.amount ?? null,
      deal_currency_code: row.amountCurrency,
      product: row.product,
      opened: row.openDate,
      closedate: row.closeDate && `${row.closeDate}T00:00:00Z`,
      hubspot_owner_id: idOf(row.ownerId),
    });
    link('deals', row.id, 'companies', row.accountId);
  }
}
