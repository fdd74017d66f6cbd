import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { providers } from '#contracts/providers/index.ts';
import { writeEventPacts } from '#contracts/publish/event-pacts.ts';
import { readPact, readPacts } from '#contracts/publish/pact-file.ts';
import { verify } from '#contracts/publish/verification.ts';

const committed = join(resolve(import.meta.dirname, '../..'), 'contracts/pacts');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-event-pacts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const emails = 'email.consent-suppression-consent.json';
const files = ['analytics.warehouse-analytics.json', emails];

it('each consumer has a pact with who emits its events: the committed ones', async () => {
  await writeEventPacts(providers, folder);
  expect((await readdir(folder)).sort()).toEqual(files);
  for (const file of files) {
    const [made, present] = await Promise.all(
      [folder, committed].map((place) => readFile(join(place, file), 'utf8')),
    );
    expect(made, `${file} differs: run "npm run pacts"`).toBe(present);
  }
});

it('an event that lacks what its reader needs breaks the pact', async () => {
  const file = join(folder, 'changed.json');
  const text = await readFile(join(committed, emails), 'utf8');
  await writeFile(file, text.replaceAll('jurisdiction', 'country'));
  const pacts = [...(await readPacts(committed, 'consent')), await readPact(file)];
  const { failures } = await verify('consent', { kind: 'own' }, pacts);
  expect(failures.map(({ code, message }) => `${code} ${message}`)).toEqual([
    'ANSWER_DIFFERS country: It is missing.',
  ]);
});

it('an event that no operation makes the provider emit breaks the pact', async () => {
  const { failures } = await verify('consent', { kind: 'own' }, [await readPact(join(committed, emails))]);
  expect(failures).toMatchObject([{ code: 'EVENT_MISSING' }]);
  expect(failures[0]?.message).toContain('tributary.consent.ConsentUpdated.v1');
});
