import type { RoutingKey } from '#events/envelope.ts';
import { type GraphSource, isEntity } from './graph-sources.ts';

/** The entity that a routing key has the id of. */
interface Reference {
  /** Of payloads. */
  readonly field: string;
  readonly type: string;
  readonly description: string;
}

export const references: Readonly<Record<RoutingKey, Reference>> = {
  leadid: { field: 'lead', type: 'Lead', description: 'As it is now.' },
  contactid: { field: 'contact', type: 'Contact', description: 'As it is now.' },
  accountid: { field: 'account', type: 'Account', description: 'As it is now.' },
  opportunityid: { field: 'opportunity', type: 'Opportunity', description: 'As it is now.' },
  campaignid: { field: 'campaign', type: 'Campaign', description: 'As it is now.' },
  ownerid: { field: 'owner', type: 'User', description: 'Who had it after the event.' },
  previousownerid: { field: 'previousOwner', type: 'User', description: 'Who had it before the event.' },
};

/** The routing keys that an argument chooses by: whoever asks for an owner means the one before as well. */
const filters: readonly { readonly argument: string; readonly keys: readonly RoutingKey[] }[] = [
  { argument: 'leadId', keys: ['leadid'] },
  { argument: 'contactId', keys: ['contactid'] },
  { argument: 'accountId', keys: ['accountid'] },
  { argument: 'opportunityId', keys: ['opportunityid'] },
  { argument: 'campaignId', keys: ['campaignid'] },
  { argument: 'ownerId', keys: ['ownerid', 'previousownerid'] },
];

/** The name of the argument that chooses by a routing key. */
export function argumentOf(key: RoutingKey): string {
  return filters.find(({ keys }) => keys.includes(key))?.argument as string;
}

/** Arguments that choose among events with these routing keys, one a line. */
export function filterArguments(routing: readonly string[]): string {
  const lines = filters.flatMap(({ argument, keys }) => {
    const carried = keys.filter((key) => routing.includes(key));
    if (carried.length === 0) return [];
    const whose = argument === 'ownerId' ? '"Whoever has it, or had it before the event."\n' : '';
    return [`${whose}${argument}: ID ${attribute(carried)}`];
  });
  return lines.join('\n');
}

/** Fields for the entities behind some routing keys, as far as the subgraphs have them, one a line. */
export function referenceFields(routing: readonly string[], sources: readonly GraphSource[]): string {
  return routing
    .map((key) => ({ key, ...references[key as RoutingKey] }))
    .filter(({ type }) => isEntity(sources, type))
    .map(({ key, field, type, description }) => `"${description}"\n${field}: ${type} ${attribute([key])}`)
    .join('\n');
}

/** The directive that says where in the envelope a value stands. */
export function attribute(names: readonly string[], types?: readonly string[]): string {
  const only = types === undefined ? '' : `, types: ${JSON.stringify(types)}`;
  return `@attribute(names: ${JSON.stringify(names)}${only})`;
}
