import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import { answerSchema, shapeDifferences } from '#test/harness/vendors/shape-differences.ts';
import type { Json } from '#test/harness/vendors/specification-mending.ts';
import {
  addressesShape,
  contactsShape,
  foundShape,
  globalShape,
  jobShape,
  listShape,
  singleSendShape,
  singleSendsShape,
  statsShape,
  suppressionsShape,
  upsertedShape,
} from './shapes.ts';

const { folder, missing } = sendGridSource();
const [contacts, lists, sends, stats, suppressions] = [
  'tsg_mc_contacts_v3.json',
  'tsg_mc_lists_v3.json',
  'tsg_mc_singlesends_v3.json',
  'tsg_mc_stats_v3.json',
  'tsg_suppressions_v3.json',
];

const answers: readonly [string, string, z.ZodType, number?][] = [
  [contacts, 'POST /v3/marketing/contacts/batch', contactsShape],
  [contacts, 'POST /v3/marketing/contacts/search/emails', foundShape],
  [contacts, 'POST /v3/marketing/contacts/search/identifiers/{identifier_type}', foundShape],
  [contacts, 'PUT /v3/marketing/contacts', upsertedShape, 202],
  [contacts, 'GET /v3/marketing/contacts/imports/{id}', jobShape],
  [lists, 'GET /v3/marketing/lists/{id}', listShape],
  [sends, 'GET /v3/marketing/singlesends', singleSendsShape],
  [sends, 'GET /v3/marketing/singlesends/{id}', singleSendShape],
  [stats, 'GET /v3/marketing/stats/singlesends', statsShape],
  [stats, 'GET /v3/marketing/stats/automations', statsShape],
  [suppressions, 'GET /v3/suppression/bounces', suppressionsShape],
  [suppressions, 'GET /v3/suppression/blocks', suppressionsShape],
  [suppressions, 'GET /v3/suppression/invalid_emails', suppressionsShape],
  [suppressions, 'GET /v3/suppression/spam_reports', suppressionsShape],
  [suppressions, 'GET /v3/suppression/unsubscribes', suppressionsShape],
  [suppressions, 'GET /v3/asm/suppressions/global/{email}', globalShape],
  [suppressions, 'POST /v3/asm/groups/{group_id}/suppressions/search', addressesShape],
];

interface Media {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
  readonly schema?: { readonly example?: unknown };
}

describe.skipIf(missing)("the shapes of SendGrid's answers", () => {
  const documentOf = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));
  /* SendGrid calls almost nothing required: what is always there its examples show. */
  const differences = (document: Json, operation: string, shape: z.ZodType, status: number) => {
    const [method = '', path = ''] = operation.split(' ');
    const theirs = answerSchema(document, path, method.toLowerCase(), String(status));
    return shapeDifferences(document, theirs, shape).filter((each) => !each.endsWith(' may be missing'));
  };

  it.each(answers)('%s: %s is as the specification says', async (file, operation, shape, status = 200) => {
    const document = await documentOf(file);
    expect(differences(document, operation, shape, status)).toEqual([]);
    const [method = '', path = ''] = operation.split(' ');
    const media: Media =
      document.paths[path][method.toLowerCase()].responses[status].content['application/json'];
    const own = media.schema?.example;
    const examples = Object.values(media.examples ?? {}).map(({ value }) => value);
    for (const example of own === undefined ? examples : [...examples, own]) {
      expect(shape.safeParse(example).error?.issues ?? []).toEqual([]);
    }
  });

  it('would be found to differ', async () => {
    const document = await documentOf('tsg_mc_singlesends_v3.json');
    const wrong = z.object({ result: z.array(z.object({ id: z.number(), nothing: z.string() })) });
    expect(differences(document, 'GET /v3/marketing/singlesends', wrong, 200)).toEqual([
      'result[].id is of type "string"',
      'result[].nothing is not there',
    ]);
  });
});
