import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from '#events/define-event.ts';
import { incompatibilities } from './compatibility.ts';
import { contractOf } from './event-contract.ts';

const base = {
  name: 'LeadStatusChanged',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A lead moved.',
  orderedBy: 'subject',
  routing: ['leadid', 'ownerid'],
} as const;
const fields = {
  from: z.string(),
  to: z.string(),
  reason: z.enum(['AUTO', 'MANUAL']).optional(),
  tags: z.array(z.object({ name: z.string() })),
  at: z.iso.datetime().nullable(),
};

const contract = (
  changed: z.ZodRawShape,
  rest: Partial<Omit<typeof base, 'routing'>> & {
    routing?: readonly ('leadid' | 'ownerid' | 'accountid')[];
  } = {},
) =>
  contractOf(
    defineEvent({
      ...base,
      ...rest,
      routing: rest.routing ?? base.routing,
      fields: changed,
      example: {},
    } as never),
  );
const published = contract(fields);
const changedTo = (changed: z.ZodRawShape) =>
  incompatibilities(published, contract({ ...fields, ...changed }));
const without = (name: keyof typeof fields) => {
  const { [name]: _, ...rest } = fields;
  return rest;
};

describe('the next text of a published event', () => {
  it('may be the same', () => {
    expect(changedTo({})).toEqual([]);
  });

  it('may gain an optional field, a routing key, an enum value and a description', () => {
    expect(changedTo({ note: z.string().optional() })).toEqual([]);
    expect(changedTo({ reason: z.enum(['AUTO', 'MANUAL', 'IMPORT']).optional() })).toEqual([]);
    expect(changedTo({ from: z.string().describe('Before.') })).toEqual([]);
    const routed = contract(fields, { routing: ['leadid', 'ownerid', 'accountid'] });
    expect(incompatibilities(published, routed)).toEqual([]);
  });

  it.each([
    ['a field is gone', without('to'), 'data.to is gone: readers need it'],
    ['an optional field is gone', without('reason'), 'data.reason is gone: readers need it'],
    ['a field has another type', { ...fields, to: z.number() }, 'data.to was string and is now number'],
    [
      'a field has another format',
      { ...fields, at: z.iso.date().nullable() },
      'data.at was null or string (date-time) and is now null or string (date)',
    ],
    [
      'a field may be null',
      { ...fields, to: z.string().nullable() },
      'data.to was string and is now null or string',
    ],
    [
      'a field is never null',
      { ...fields, at: z.iso.datetime() },
      'data.at was null or string (date-time) and is now string (date-time)',
    ],
    [
      'a field may be left out',
      { ...fields, to: z.string().optional() },
      'data.to may be left out now: readers need it',
    ],
    [
      'an optional field is required',
      { ...fields, reason: z.enum(['AUTO', 'MANUAL']) },
      'data.reason is required now: events that are kept lack it',
    ],
    [
      'a required field is new',
      { ...fields, note: z.string() },
      'data.note is new and required: events that are kept lack it, so make it optional',
    ],
    [
      'a value is gone',
      { ...fields, reason: z.enum(['AUTO']).optional() },
      'data.reason may no longer be "MANUAL", which kept events may hold',
    ],
    [
      'a list has other items',
      { ...fields, tags: z.array(z.object({ name: z.number() })) },
      'data.tags[].name was string and is now number',
    ],
  ])('is refused where %s', (_, changed, reason) => {
    expect(incompatibilities(published, contract(changed))).toEqual([reason]);
  });

  it('is refused where a field has another name', () => {
    const { to, ...rest } = fields;
    expect(incompatibilities(published, contract({ ...rest, target: to }))).toEqual([
      'data.to is gone: readers need it',
      'data.target is new and required: events that are kept lack it, so make it optional',
    ]);
  });

  it('is refused where its owner, its entity or its order is another, or a routing key is gone', () => {
    const changed = contract(fields, {
      entity: 'Account' as 'Lead',
      orderedBy: 'leadid' as 'subject',
      routing: ['leadid'],
    });
    expect(incompatibilities(published, changed)).toEqual([
      'entity was "Lead" and is now "Account"',
      'orderedBy was "subject" and is now "leadid"',
      'the routing key ownerid is gone',
    ]);
  });
});
