import { describe, expect, it } from 'vitest';
import { parseMapping } from './mapping.ts';

const good = `
source: export
as: opportunity
key: [Id, Region]
fields:
  name: { column: Name }
  stage: { column: Stage, values: { Won: WON } }
`;

const leads = `
source: export
as: lead
key: Id
fields: { status: { column: Stage, values: { Won: CONVERTED } } }
`;
const person = 'contact: { fields: { name: { column: Name } } }\n';
const consents = "consents: [{ purpose: ADS, column: Ads, values: { 'No': DENIED } }]\n";

describe('a mapping', () => {
  it('fills in what is left out', () => {
    expect(parseMapping(good, 'map.yaml')).toMatchObject({
      file: 'map.yaml',
      key: ['Id', 'Region'],
      csv: { delimiter: ',', encoding: 'utf-8' },
      also: [],
      after: [],
      fields: { stage: { unknown: 'refuse' } },
    });
  });

  it('tells the contact of a lead apart as the lead itself, unless it has a key', () => {
    const own = person.replace('{ fields', '{ key: Mail, fields');
    expect(parseMapping(leads + person, 'map.yaml')).toMatchObject({
      contact: { key: ['Id'] },
      consents: [],
    });
    expect(parseMapping(leads + own, 'map.yaml').contact?.key).toEqual(['Mail']);
    expect(parseMapping(good, 'map.yaml')).toMatchObject({ contact: null, visits: null, asOf: null });
  });

  it('reads words as they are written, not as YAML likes to', () => {
    const mapping = parseMapping(
      `${good}columns:\n  Stage: { correct: { No: '1', 007: yes } }\n`,
      'map.yaml',
    );
    expect(mapping.columns.Stage?.correct).toEqual({ No: '1', '007': 'yes' });
  });

  it.each([
    ['source: x', 'map.yaml is not a mapping that can be used. as: Invalid'],
    [good.replace('opportunity', 'invoice'), 'as: Invalid'],
    [good.replace('source: export', ''), 'source: Invalid'],
    [`${good}  colour: { column: X }\n`, 'fields: Unrecognized key: "colour"'],
    [`${good}colums: {}\n`, 'mapping: Unrecognized key: "colums"'],
    [good.replace('name: { column: Name }', 'product: { column: Name }'), 'fields.name: Invalid'],
    [good.replace('WON', 'SOLD'), 'fields.stage.values.Won: Invalid'],
    [
      `${good}  closeDate: { column: X, formats: [DD-MM] }\n`,
      'fields.closeDate.formats.0: "DD-MM" is not a date format',
    ],
    [`${good}  amount: { column: X, currency: EURO }\n`, 'fields.amount.currency: must be an ISO 4217 code'],
    [`${good}  amount: { column: X }\n`, 'fields.amount: needs either "currency" or "currencyColumn"'],
    [`${good}  amount: { column: X, currency: USD, scale: 0 }\n`, 'fields.amount.scale: '],
    [`${good}  account: { column: X }\n`, 'fields.account.unknown: Invalid'],
    [
      good.replace('{ column: Name }', '{ column: A, template: "{B}" }'),
      'fields.name: needs either "column" or "template"',
    ],
    [`${good}csv: { encoding: klingon }\n`, 'csv.encoding: is not an encoding that is known'],
    [`${good}csv: { delimiter: '||' }\n`, 'csv.delimiter: must be one character'],
    [`${good}after: [make-coffee]\n`, 'after.0: Invalid'],
    [good + person, 'mapping: Unrecognized key: "contact"'],
    [good + consents, 'mapping: Unrecognized key: "consents"'],
    [leads + consents, 'consents: need "contact"'],
    [leads + person + consents.replace('DENIED', 'NO'), 'consents.0.values.No: Invalid'],
    [
      leads.replace('fields: {', 'fields: { contact: { column: X, unknown: refuse },') + person,
      'fields.contact: the contact is made of the row',
    ],
    [`${leads}contact: { fields: { email: { column: X } } }\n`, 'contact.fields.name: Invalid'],
    [`${leads}visits: {}\n`, 'visits: needs at least one of "visits", "pageViews" and "seconds"'],
    [
      `${leads}visits: { seconds: { column: A }, pageViewsPerVisit: { column: B } }\n`,
      'visits: needs "visits"',
    ],
    [
      `${leads}visits: { visits: { column: A }, pageViews: { column: B }, pageViewsPerVisit: { column: C } }\n`,
      'visits: takes either "pageViews" or "pageViewsPerVisit"',
    ],
    [`${leads}after: [move-watermark]\n`, 'after: move-watermark needs "visits"'],
    [`${good}after: [move-watermark]\n`, 'after.0: Invalid'],
    [`${leads}columns: { Id: { number: half } }\n`, 'columns.Id.number: Invalid'],
    ['a: [', 'map.yaml is not YAML: '],
    [`${good}key: Id\n`, 'map.yaml is not YAML: Map keys must be unique'],
  ])('that is wrong is refused by file and key: %#', (yaml, message) => {
    expect(() => parseMapping(yaml, 'map.yaml')).toThrow(message);
  });
});
