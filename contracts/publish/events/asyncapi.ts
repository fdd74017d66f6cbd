import { stringify } from 'yaml';
import { z } from 'zod';
import { envelopeShape } from '#events/envelope.ts';
import type { EventContract, JsonSchema } from './event-contract.ts';

/**
 * All events as an AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0): a channel and a
 * sending operation for each version, and one message for each, which is the envelope with that version's data.
 */
export function asyncapiOf(contracts: readonly EventContract[]): string {
  const entries = contracts.map((contract) => ({ contract, name: nameOf(contract) }));
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Tributary events',
      version: '1.0.0',
      description:
        'What happened to leads, accounts, opportunities, consents, campaigns and conversions. CloudEvents 1.0 in structured mode; delivered at least once, in the order of their versions for each ordering key.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(
      entries.map(({ contract, name }) => [
        name,
        {
          address: contract.type,
          description: contract.description,
          messages: { [name]: { $ref: `#/components/messages/${name}` } },
        },
      ]),
    ),
    operations: Object.fromEntries(
      entries.map(({ contract, name }) => [
        `send-${name}`,
        {
          action: 'send',
          channel: { $ref: `#/channels/${name}` },
          messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
          tags: [{ name: contract.owner }],
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(entries.map(({ contract, name }) => [name, messageOf(contract, name)])),
      schemas: { envelope: envelopeSchema() },
    },
  };
  return stringify(document, { lineWidth: 110, aliasDuplicateObjects: false });
}

/** Such as `LeadStatusChanged.v1`. */
export function nameOf({ type }: Pick<EventContract, 'type'>): string {
  return type.split('.').slice(2).join('.');
}

function messageOf(
  { type, description, data, example, entity, orderedBy, routing }: EventContract,
  name: string,
): object {
  return {
    name: type,
    title: name,
    summary: description,
    description: `Subject: the id of the ${entity}. Ordered by ${orderedBy === 'subject' ? 'the subject' : orderedBy}. Routing keys: ${routing.join(', ')}.`,
    contentType: 'application/cloudevents+json',
    payload: {
      allOf: [
        { $ref: '#/components/schemas/envelope' },
        { type: 'object', properties: { type: { const: type }, data } },
      ],
    },
    examples: [{ name: 'data', payload: { type, data: example } }],
  };
}

/** What is around the data of every event. */
export function envelopeSchema(): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(envelopeShape, { io: 'input' });
  return schema as JsonSchema;
}
