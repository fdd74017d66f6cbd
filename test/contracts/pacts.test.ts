import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeClientPacts } from '#contracts/publish/client-pacts.ts';
import { writeLivePacts } from '#contracts/publish/event-pacts.ts';
import { writeLiveClientPact } from '#contracts/publish/live-client-pacts.ts';
import { readPacts } from '#contracts/publish/pact-file.ts';
import { writeGatewayPacts } from '#contracts/publish/pacts.ts';
import type { RecordedOperation } from '#contracts/publish/record.ts';
import type { RecordedTypes } from '#contracts/publish/record-types.ts';
import { checkRecordedTypes } from '#contracts/publish/recorded-types.ts';
import { readSupergraphConfig } from '#contracts/publish/supergraph-config.ts';

const root = resolve(import.meta.dirname, '../..');
const committed = join(root, 'contracts/pacts');
const sources = {
  supergraph: join(root, 'supergraph.graphql'),
  config: join(root, 'supergraph.yaml'),
  operations: join(root, 'contracts/operations'),
};

describe('pacts of the gateway and of its clients', () => {
  let folder: string;
  let recorded: readonly RecordedOperation[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-pacts-'));
    // The real gateway sends what was recorded, byte for byte, and answers it; else this rejects.
    recorded = await writeGatewayPacts(sources, folder);
    await writeClientPacts(recorded, sources.supergraph, folder);
    await writeLiveClientPact(recorded, sources.supergraph, folder);
    await writeLivePacts(recorded, folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are of every operation', async () => {
    const names = (await readdir(sources.operations)).filter((name) => name.endsWith('.graphql'));
    const whole = recorded
      .filter(({ example }) => example.where === undefined)
      .map(({ name }) => `${name}.graphql`);
    expect([...new Set(whole)].sort()).toEqual(names.sort());
  });

  it('are the committed ones', async () => {
    const files = (await readdir(folder)).sort();
    const known = (await readdir(committed)).filter((name) => /^gateway[-.]|-gateway\./.test(name));
    expect(files).toEqual(known.sort());
    for (const file of files) {
      const [made, present] = await Promise.all(
        [folder, committed].map((place) => readFile(join(place, file), 'utf8')),
      );
      expect(made, `${file} differs: run "npm run pacts" and commit it if the change is meant`).toBe(present);
    }
  });

  it('keep the types behind each request, which are those of the schemas today', async () => {
    for (const { name, typeDefs } of await readSupergraphConfig(sources.config)) {
      const schema = buildSubgraphSchema(typeDefs);
      for (const { consumer, interactions } of await readPacts(committed, name)) {
        for (const { request, comments } of interactions) {
          if (!request) continue;
          const types = comments?.tributary?.types;
          expect(types, `${consumer} of ${name}`).toBeDefined();
          expect(checkRecordedTypes(types as RecordedTypes, schema)).toEqual([]);
        }
      }
    }
  });

  it('show each nullable field that is read as null, but for those that a provider never answers so', () => {
    const nullable = new Set<string>();
    const shown = new Set<string>();
    for (const { fetches } of recorded) {
      for (const { types, missing } of fetches) {
        for (const [field, type] of Object.entries(types.reads)) if (!type.endsWith('!')) nullable.add(field);
        for (const field of missing) shown.add(field);
      }
    }
    const unshown = [...nullable].filter((field) => !shown.has(field) && !field.startsWith('Mutation.'));
    expect(unshown.sort()).toEqual([...neverNull, ...onlyAtFirst].sort());
  });
});

/** They are nullable so that losing a subgraph, or a denial, costs no more than the field. */
const neverNull = [
  'ActiveAccount.account',
  'Contact.consent',
  'Contact.consents',
  'CreateLeadPayload.event',
  'Enrollment.campaign',
  'PipelineRow.key',
  'RecordConversionPayload.event',
  'RecordTouchPayload.event',
  'TriggerNurturePayload.event',
  'UnsubscribePayload.contact',
  'UnsubscribePayload.event',
  'UnsubscribePayload.suppression',
];

/** Null before a warehouse was first declared complete, or while a list is empty: of the whole house, not of an entity. */
const onlyAtFirst = [
  'Account.attribution',
  'Account.touches',
  'Account.usage',
  'Account.usageTrend',
  'Campaign.startedAt',
  'Lead.score',
  'PageInfo.endCursor',
  'Query.channelPerformance',
  'Query.mostActiveAccounts',
];
