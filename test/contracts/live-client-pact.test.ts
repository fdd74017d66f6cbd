import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, print } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as documents from '#client/__generated__/operations.ts';
import { readPact } from '#contracts/publish/pact-file.ts';
import { verify } from '#contracts/publish/verification.ts';

const committed = join(resolve(import.meta.dirname, '../..'), 'contracts/pacts/client-gateway.json');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-live-client-pact-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Message {
  readonly description: string;
  readonly comments: { tributary: { live?: { query: string; variables: Record<string, unknown> } } };
}

it('holds every document that the client is generated with, as what it delivers and as what begins it', async () => {
  const { interactions } = await readPact(committed);
  const textOf = (query: unknown) => print(parse(String(query), { noLocation: true }));
  const generated = Object.entries(documents).flatMap(([name, document]) =>
    name.endsWith('Document') ? [textOf(document)] : [],
  );
  const delivered = interactions.map(({ comments }) => comments?.tributary?.live?.query);
  const begun = interactions.map(({ request }) => request?.body.content.query);
  for (const asked of [delivered, begun]) {
    const texts = new Set(asked.filter((query) => query !== undefined).map(textOf));
    expect([...texts].sort()).toEqual(generated.sort());
  }
});

it('is broken by a delivery without a field that the client reads, by an error, and by none', async () => {
  const pact = JSON.parse(await readFile(committed, 'utf8')) as { interactions: Message[] };
  const liveOf = (description: string) => {
    const message = pact.interactions.find((one) => one.description === description);
    return message?.comments.tributary.live ?? expect.fail(`There is no ${description}.`);
  };
  const lacking = liveOf('LeadUpdates on LeadCreated.v1');
  lacking.query = lacking.query
    .replace('occurredAt', '')
    .replace('... on LeadCreated {\n        status', '... on LeadCreated {\n        id');
  liveOf('AccountChanges on LeadCreated.v1').variables = { accountId: 'acc_of_nobody' };
  const refused = liveOf('LeadUpdates on TouchRecorded.v1');
  refused.query = refused.query.replace('occurredAt', 'nothing');
  const changed = [
    'LeadUpdates on TouchRecorded.v1',
    'LeadUpdates on LeadCreated.v1',
    'AccountChanges on LeadCreated.v1',
  ];
  const interactions = pact.interactions.filter(({ description }) => changed.includes(description));
  const file = join(folder, 'changed.json');
  await writeFile(file, JSON.stringify({ ...pact, interactions }));
  const { failures } = await verify('gateway', { kind: 'own' }, [await readPact(file)]);
  expect(failures.map(({ code, message }) => `${code} ${message}`).sort()).toEqual([
    'ANSWER_DIFFERS $.data: It is missing.',
    'ANSWER_DIFFERS $.extensions: It is missing.',
    'ANSWER_DIFFERS leadUpdated.event.status: It is missing.',
    'ANSWER_DIFFERS leadUpdated.occurredAt: It is missing.',
    'ANSWER_WITH_ERRORS A delivery with an error: Cannot query field "nothing" on type "LeadUpdated".',
    'EVENT_MISSING No subscriber gets AccountChanges on LeadCreated.v1.',
  ]);
});
