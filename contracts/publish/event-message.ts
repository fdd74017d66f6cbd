import { MatchersV3 } from '@pact-foundation/pact';
import type { EventDefinition } from '#events/define-event.ts';
import { type EventEnvelope, origins } from '#events/envelope.ts';
import { contractOf, type JsonSchema } from './events/event-contract.ts';
import { plainAnswer } from './example-answer.ts';
import { textForms } from './text-forms.ts';

const { boolean, eachLike, equal, integer, number, regex, string } = MatchersV3;

/** Ids of the entities that providers hold, by the attribute of an event that names them. */
const exampleIds: Readonly<Record<string, string>> = {
  leadid: 'lea_example',
  contactid: 'con_example',
  accountid: 'acc_example',
  opportunityid: 'opp_open',
  campaignid: 'cmp_example',
  ownerid: 'usr_example',
  previousownerid: 'usr_other',
};

/**
 * What a reader of an event may rely on, in matchers: the envelope's own attributes, the ids that it is routed by where
 * its owner knows them all, and the data that its schema requires.
 */
export function messageOf(event: EventDefinition): object {
  const { routing, data, example } = contractOf(event);
  const subject = exampleIds[`${event.entity.toLowerCase()}id`] ?? `${event.entity.toLowerCase()}_example`;
  return {
    specversion: equal('1.0'),
    id: regex('^[0-9a-f-]{36}$', '01953a7c-0000-7000-8000-000000000001'),
    source: equal(`/subgraphs/${event.owner}`),
    type: equal(event.type),
    subject: string(subject),
    time: regex(textForms.DateTime.pattern, textForms.DateTime.example),
    tenant: string('default'),
    partitionkey: string(subject),
    entityversion: integer(1),
    origin: regex(`^(${origins.join('|')})$`, 'mutation'),
    actor: string('local'),
    correlationid: string('request'),
    ...Object.fromEntries(routing.map((key) => [key, string(exampleIds[key] ?? `${key}_example`)])),
    data: matcherOf(data, example),
  };
}

/** The example of an event as it lies on the bus. */
export function exampleEvent(event: EventDefinition): EventEnvelope {
  return plainAnswer(messageOf(event)) as EventEnvelope;
}

/** By the value of the example where the schema allows several; what may be null and is text is shown as text. */
function matcherOf(schema: JsonSchema, example: unknown): unknown {
  if (Array.isArray(example)) return eachLike(matcherOf(schema.items ?? {}, example[0]), 1);
  if (typeof example === 'object' && example !== null) {
    const { properties = {}, required = [] } = schema;
    const known = Object.entries(example).filter(([name]) => required.includes(name));
    return Object.fromEntries(known.map(([name, value]) => [name, matcherOf(properties[name] ?? {}, value)]));
  }
  if (example === null && schema.anyOf?.some(({ type }) => type === 'string')) return string('text');
  const values = schema.enum?.filter((value) => typeof value === 'string');
  if (typeof example === 'string') {
    return values ? regex(`^(${values.join('|')})$`, example) : string(example);
  }
  if (typeof example === 'number') return Number.isInteger(example) ? integer(example) : number(example);
  return typeof example === 'boolean' ? boolean(example) : example;
}
