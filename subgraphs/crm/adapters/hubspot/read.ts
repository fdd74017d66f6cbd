import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/objects/index.js';
import type { AskOptions, RecordKey, Seen } from '#chassis/vendor/system.ts';
import { type Account, asking } from './account.ts';
import { shapes } from './answers.ts';
import { referencesOf } from './associated.ts';
import type { Values } from './codec.ts';
import type { Found } from './fields.ts';
import { batchSize, type ObjectRecord, objects } from './objects.ts';

/** Companies with a domain are few; where there are more, somebody has a cleaning up to do first. */
const mostPagesOfDomains = 10;

/** The keys that records can be read by beside their id; each is a property with unique values, but the domain. */
export const keysOf: Readonly<Record<ObjectRecord, readonly string[]>> = {
  accounts: ['id', 'externalId', 'domain'],
  contacts: ['id', 'externalId', 'email'],
  leads: ['id', 'externalId'],
  opportunities: ['id', 'externalId'],
};

/** @throws RangeError for a key that cannot be read by, and for more values than one batch has */
export async function readObjects(
  account: Account,
  type: ObjectRecord,
  { by, values }: RecordKey,
  options: AskOptions,
): Promise<readonly Seen<Values>[]> {
  if (!keysOf[type].includes(by)) {
    throw new RangeError(
      `HubSpot's ${type} cannot be read by ${by}: take one of ${keysOf[type].join(', ')}.`,
    );
  }
  if (values.length > batchSize) {
    throw new RangeError(`${values.length} values are more than the ${batchSize} of a batch.`);
  }
  // HubSpot refuses a batch that names one twice, and its ids are numbers.
  const unique = [...new Set(values)].filter((value) => by !== 'id' || /^\d{1,20}$/.test(value));
  if (unique.length === 0) return [];
  const found =
    by === 'domain'
      ? await searchDomains(account, unique, options)
      : await readBatch(account, type, idProperty(account, by), unique, options);
  return seenOf(account, type, found, options);
}

/** Records with what they refer to. */
export async function seenOf(
  account: Account,
  type: ObjectRecord,
  found: readonly Found[],
  options: AskOptions,
): Promise<readonly Seen<Values>[]> {
  const references = await referencesOf(account, type, found, options);
  return found.map((each) => account.fields[type].read(each, references.get(each.id) ?? {}));
}

function idProperty({ mapping }: Account, by: string): string | undefined {
  if (by === 'id') return undefined;
  return by === 'email' ? mapping.contacts.email : mapping.externalId;
}

/** What is not there is left out: HubSpot answers the others, with a 207. */
export async function readBatch(
  { sdk, fields }: Account,
  type: ObjectRecord,
  idProperty: string | undefined,
  values: readonly string[],
  options: AskOptions,
): Promise<readonly Found[]> {
  const { results } = await sdk(asking(options), shapes.records, ({ batches }) =>
    batches.read(objects[type].name, {
      inputs: values.map((id) => ({ id })),
      properties: [...fields[type].properties],
      propertiesWithHistory: [],
      ...(idProperty !== undefined && { idProperty }),
    }),
  );
  return results as readonly Found[];
}

/** Domains are not unique, so that no batch takes them; a search does, in small letters. */
async function searchDomains(
  { sdk, fields, mapping }: Account,
  domains: readonly string[],
  options: AskOptions,
): Promise<readonly Found[]> {
  const propertyName = mapping.accounts.domain?.property;
  if (propertyName === undefined) return [];
  const found: Found[] = [];
  let after: string | undefined;
  for (let page = 0; page < mostPagesOfDomains; page += 1) {
    const { results, paging } = await sdk(asking(options, 'search'), shapes.records, ({ search }) =>
      search.doSearch(objects.accounts.name, {
        filterGroups: [
          {
            filters: [
              {
                propertyName,
                operator: FilterOperatorEnum.In,
                values: domains.map((domain) => domain.toLowerCase()),
              },
            ],
          },
        ],
        sorts: ['hs_object_id'],
        properties: [...fields.accounts.properties],
        limit: batchSize,
        ...(after !== undefined && { after }),
      }),
    );
    found.push(...(results as readonly Found[]));
    after = paging?.next?.after;
    if (after === undefined) break;
  }
  return found;
}
