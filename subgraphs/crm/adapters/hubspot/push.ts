import {
  AssociationSpecAssociationCategoryEnum,
  type PublicAssociationsForObject,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js';
import type { CallOptions } from '#chassis/vendor/calls.ts';
import { VendorError } from '#chassis/vendor/error.ts';
import type { Pushed, PushOptions } from '#chassis/vendor/system.ts';
import type { CrmChange } from '../crm.ts';
import type { Account } from './account.ts';
import { reasonOf, shapes } from './answers.ts';
import type { Properties, Values } from './codec.ts';
import { objects } from './objects.ts';
import { readBatch } from './read.ts';

type Rejected = Extract<Pushed, { readonly kind: 'rejected' }>;
type Update = Extract<CrmChange, { readonly kind: 'update' }>;
type Create = Extract<CrmChange, { readonly kind: 'create' }>;

const rejected = (code: string, reason: string): Rejected => ({ kind: 'rejected', code, reason });

/**
 * Makes a change at HubSpot. It may be sent again: an update says values and no differences, and no second record can
 * have our id, which is written with it.
 */
export async function pushChange(
  account: Account,
  change: CrmChange,
  { signal }: Pick<PushOptions, 'signal'>,
): Promise<Pushed> {
  signal.throwIfAborted();
  try {
    return change.kind === 'update'
      ? await update(account, change, signal)
      : await create(account, change, signal);
  } catch (error) {
    if (!(error instanceof VendorError) || error.failure.kind !== 'refused') throw error;
    return rejected(error.failure.code, error.reason ?? 'HubSpot refuses it, and does not say why.');
  }
}

const pushing = (signal: AbortSignal): CallOptions => ({
  endpoint: 'default',
  urgency: 'push',
  repeatable: true,
  signal,
});

const asPush = (signal: AbortSignal) => ({ urgency: 'push', signal }) as const;

async function update(account: Account, change: Update, signal: AbortSignal): Promise<Pushed> {
  const { type, id, values } = change;
  const { name, references } = objects[type];
  const fields = Object.keys(values);
  const reference = references.find(({ field }) => fields.includes(field));
  if (reference !== undefined) {
    return rejected('UNSUPPORTED_CHANGE', `What ${reference.field} says is changed in HubSpot itself.`);
  }
  let present: Properties = {};
  if (account.fields[type].writeNeeds(fields).length > 0) {
    const [found] = await readBatch(account, type, undefined, [id], asPush(signal));
    if (found === undefined) return rejected('OBJECT_NOT_FOUND', `HubSpot has no record "${id}" any more.`);
    present = found.properties;
  }
  const written = account.fields[type].write(values as Values, present);
  if (written.kind === 'rejected') return written;
  const { properties } = written;
  const accepted: Pushed = { kind: 'accepted', record: { type, id } };
  if (Object.keys(properties).length === 0) return accepted;
  const answer = await account.sdk(pushing(signal), shapes.written, ({ batches }) =>
    batches.update(name, { inputs: [{ id, properties }] }),
  );
  if (answer.results.some((each) => each.id === id)) return accepted;
  return notWritten(id, 'errors' in answer ? answer.errors?.[0] : undefined);
}

/** What a 207 says of a record that it did not write. */
function notWritten(id: string, error: { readonly category: string } | undefined): Rejected {
  if (error === undefined || error.category === 'OBJECT_NOT_FOUND') {
    return rejected('OBJECT_NOT_FOUND', `HubSpot has no record "${id}" any more.`);
  }
  const said = reasonOf(error);
  if (said === null || !refusals.has(error.category)) {
    throw new VendorError('hubspot', { kind: 'unavailable' }, `a change was not made: ${error.category}`);
  }
  return rejected(said.code, said.reason);
}

/** Categories of what HubSpot will refuse again. */
const refusals: ReadonlySet<string> = new Set(['VALIDATION_ERROR', 'CONFLICT']);

async function create(account: Account, change: Create, signal: AbortSignal): Promise<Pushed> {
  const { type, externalId } = change;
  const { name } = objects[type];
  const { mapping, sdk } = account;
  const values = change.values as unknown as Values;
  const written = account.fields[type].write(values, null);
  if (written.kind === 'rejected') return written;
  const given = Object.entries(written.properties).filter(([, value]) => value !== '');
  const properties: Record<string, string> = {
    ...Object.fromEntries(given),
    [mapping.externalId]: externalId,
  };
  if (type === 'leads') {
    const { contactId } = change.values;
    if (contactId === null) {
      return rejected('LEAD_WITHOUT_CONTACT', 'HubSpot takes in no lead without a contact.');
    }
    properties[mapping.leads.name] = await nameOfContact(account, contactId, signal);
  }
  try {
    const made = await sdk(pushing(signal), shapes.record, (apis) =>
      apis.objects.create(name, { properties, associations: associationsOf(change) }),
    );
    return { kind: 'accepted', record: { type, id: made.id } };
  } catch (error) {
    if (!(error instanceof VendorError) || error.failure.kind !== 'refused') throw error;
    // Whatever HubSpot calls it: where there is one with our id, it was made before and nobody heard of it.
    const [known] = await readBatch(account, type, mapping.externalId, [externalId], asPush(signal));
    if (known === undefined) throw error;
    return { kind: 'accepted', record: { type, id: known.id } };
  }
}

function associationsOf({ type, values }: Create): PublicAssociationsForObject[] {
  return objects[type].references.flatMap(({ field, primaryTypeId }) => {
    const id = (values as unknown as Values)[field];
    if (typeof id !== 'string') return [];
    const associationCategory = AssociationSpecAssociationCategoryEnum.HubspotDefined;
    return [{ to: { id }, types: [{ associationCategory, associationTypeId: primaryTypeId }] }];
  });
}

/** HubSpot wants a lead to have one, and ours have none of their own. */
async function nameOfContact(account: Account, id: string, signal: AbortSignal): Promise<string> {
  const [found] = await readBatch(account, 'contacts', undefined, [id], asPush(signal));
  if (found === undefined) {
    throw new VendorError(
      'hubspot',
      { kind: 'refused', code: 'OBJECT_NOT_FOUND' },
      'the contact of a new lead is not there',
      {
        reason: 'HubSpot does not have the contact of the lead any more.',
      },
    );
  }
  const { properties, otherwise } = account.mapping.contacts.name;
  const name = properties.flatMap((each) => found.properties[each]?.trim() || []).join(' ');
  return name || (otherwise === null ? '' : (found.properties[otherwise] ?? '')) || 'Lead';
}
