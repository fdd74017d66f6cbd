import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applicationOf, versionOf } from './application.ts';
import { blocksOf } from './can-i-deploy.ts';
import { readEnvironment, recordDeployed } from './environments.ts';
import type { Pact } from './pact-file.ts';
import {
  readResults,
  recordResults,
  unverifiedPacts,
  type VerificationResult,
} from './verification-results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-deploy-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const pact = (consumer: string, provider: string, hash: string): Pact => {
  return { file: `${consumer}-${provider}.json`, consumer, provider, hash, interactions: [] };
};
const result = (
  consumer: string,
  hash: string,
  version: string,
  failures: string[] = [],
): VerificationResult => {
  return { consumer, pact: hash, version, kept: failures.length === 0, failures };
};
const blocks = async (application: string, version: string, pacts: readonly Pact[]) => {
  const environment = await readEnvironment(folder, 'production');
  return blocksOf({ application, version, pacts, to: 'production', environment }, join(folder, 'results'));
};

test('a provider may go where it keeps the pacts of what runs there, not those of today', async () => {
  await recordDeployed(folder, 'production', 'gateway', 'g1', [pact('gateway', 'crm', 'old')]);
  const today = [pact('gateway', 'crm', 'new')];
  expect(await blocks('crm', 'c2', today)).toMatchObject([
    { code: 'NOT_VERIFIED', consumer: 'gateway', provider: 'crm' },
  ]);
  await recordResults(join(folder, 'results'), 'crm', [result('gateway', 'new', 'c2')]);
  expect(await blocks('crm', 'c2', today)).toHaveLength(1);
  await recordResults(join(folder, 'results'), 'crm', [
    result('gateway', 'old', 'c2', ['name: It is missing.']),
  ]);
  expect(await blocks('crm', 'c2', today)).toMatchObject([
    { code: 'PACT_BROKEN', message: 'crm c2 breaks the pact of gateway: name: It is missing.' },
  ]);
  await recordResults(join(folder, 'results'), 'crm', [result('gateway', 'old', 'c2')]);
  expect(await blocks('crm', 'c2', today)).toEqual([]);
  expect(await readResults(join(folder, 'results'), 'crm')).toHaveLength(2);
});

test('a consumer may go where what runs there keeps its pacts; one of itself is kept by itself', async () => {
  await recordDeployed(folder, 'production', 'crm', 'c1', []);
  const today = [
    pact('gateway', 'crm', 'new'),
    pact('gateway', 'email', 'other'),
    pact('pages', 'gateway', 'own'),
  ];
  expect((await blocks('gateway', 'g2', today)).map(({ code, provider }) => `${code} ${provider}`)).toEqual([
    'NOT_VERIFIED crm',
    'PROVIDER_NOT_DEPLOYED email',
    'NOT_VERIFIED gateway',
  ]);
  await recordDeployed(folder, 'production', 'email', 'e1', []);
  await recordResults(join(folder, 'results'), 'crm', [result('gateway', 'new', 'c1')]);
  await recordResults(join(folder, 'results'), 'email', [result('gateway', 'other', 'e1')]);
  await recordResults(join(folder, 'results'), 'gateway', [result('pages', 'own', 'g2')]);
  expect(await blocks('gateway', 'g2', today)).toEqual([]);
});

test('results are current where each pact, as it is, is kept by the version that there is', async () => {
  const results = join(folder, 'results');
  const pacts = [pact('gateway', 'crm', 'one'), pact('pages', 'gateway', 'other')];
  const unverified = async (version: string) =>
    (await unverifiedPacts(results, 'crm', version, pacts)).map(({ consumer }) => consumer);
  expect(await unverified('c1')).toEqual(['gateway']);
  await recordResults(results, 'crm', [result('gateway', 'one', 'c1'), result('gateway', 'two', 'c2')]);
  expect(await unverified('c1')).toEqual([]);
  expect(await unverified('c2')).toEqual(['gateway']);
  await recordResults(results, 'crm', [result('gateway', 'one', 'c1', ['name: It is missing.'])]);
  expect(await unverified('c1')).toEqual(['gateway']);
});

test('an environment that nobody recorded is refused by name', async () => {
  await recordDeployed(folder, 'staging', 'crm', 'c1', []);
  await expect(readEnvironment(folder, 'production')).rejects.toThrow(
    /"production", and only of staging, .* "tributary deployed <name> --to production"/,
  );
  const empty = readEnvironment(join(folder, 'empty'), 'production');
  await expect(empty).rejects.toThrow('of no other either');
  await expect(readEnvironment(folder, '../x')).rejects.toThrow('in lower case');
});

test('a version changes with what an application is made of, and with nothing else', async () => {
  const write = async (path: string, text: string) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const path of ['subgraphs/crm/main.ts', 'subgraphs/email/main.ts', 'subgraphs/chassis/serve.ts']) {
    await write(path, path);
  }
  await write('package-lock.json', '{}');
  const first = await versionOf('crm', folder);
  await write('subgraphs/email/main.ts', 'another');
  await write('subgraphs/crm/main.test.ts', 'a test');
  await write('subgraphs/crm/README.md', 'a page');
  expect(await versionOf('crm', folder)).toBe(first);
  const copy = join(folder, 'copy');
  await cp(join(folder, 'subgraphs'), join(copy, 'subgraphs'), { recursive: true });
  await cp(join(folder, 'package-lock.json'), join(copy, 'package-lock.json'));
  expect(await versionOf('crm', copy)).toBe(first);
  for (const path of [
    'subgraphs/crm/main.ts',
    'subgraphs/chassis/serve.ts',
    'package-lock.json',
    'events/relay.ts',
  ]) {
    const before = await versionOf('crm', folder);
    await write(path, 'another');
    expect(await versionOf('crm', folder)).not.toBe(before);
  }
  await expect(versionOf('billing', folder)).rejects.toThrow('no application "billing"');
  expect(['pages', 'client', 'email.consent-suppression', 'crm'].map(applicationOf)).toEqual([
    'gateway',
    'gateway',
    'email',
    'crm',
  ]);
});
