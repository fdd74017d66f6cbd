import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { klaviyoRevision, klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { answerSchema, shapeDifferences } from '#test/harness/vendors/shape-differences.ts';
import {
  campaignShape,
  collectionOf,
  eventShape,
  flowShape,
  importedShape,
  metricShape,
  profileShape,
  reportShape,
  revision,
} from './shapes.ts';

const { missing, folder } = klaviyoSource();

/** Ids may be missing where a profile is written, and the specification has one schema for both. */
const optional = (at: string) => [`${at}.id may be missing`, `${at}.id may be null`];

describe.skipIf(missing)('the shapes of Klaviyo’s answers', () => {
  const documentOf = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));

  it.each([
    ['profiles.json', '/api/profiles', 'get', '200', collectionOf(profileShape), optional('data[]')],
    ['profiles.json', '/api/profile-import', 'post', '201', importedShape, optional('data')],
    ['campaigns.json', '/api/campaigns', 'get', '200', collectionOf(campaignShape), []],
    ['flows.json', '/api/flows', 'get', '200', collectionOf(flowShape), []],
    ['metrics.json', '/api/metrics', 'get', '200', collectionOf(metricShape), []],
    ['events.json', '/api/events', 'get', '200', collectionOf(eventShape), []],
    [
      'reporting.json',
      '/api/campaign-values-reports',
      'post',
      '200',
      reportShape,
      ['links.next is not there'],
    ],
    ['reporting.json', '/api/flow-values-reports', 'post', '200', reportShape, ['links.next is not there']],
  ])('%s: %s is as the specification says', async (file, path, method, status, shape, known) => {
    const document = await documentOf(file);
    const theirs = answerSchema(document, path, method, status);
    expect(shapeDifferences(document, theirs, shape, known)).toEqual([]);
  });

  it('would be found to differ', async () => {
    const document = await documentOf('flows.json');
    const theirs = answerSchema(document, '/api/flows', 'get', '200');
    const attributes = z.object({
      name: z.string(),
      status: z.number().nullish(),
      colour: z.string().nullish(),
    });
    const wrong = collectionOf(z.object({ id: z.string(), attributes }));
    expect(shapeDifferences(document, theirs, wrong)).toEqual([
      'data[].attributes.name may be missing',
      'data[].attributes.name may be null',
      'data[].attributes.status is of type "string"',
      'data[].attributes.colour is not there',
    ]);
  });

  it('are of the revision that the specification describes', () => {
    expect(revision).toBe(klaviyoRevision);
  });
});
