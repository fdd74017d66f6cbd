import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import type { Finding } from '#contracts/publish/check/finding.ts';
import { type CheckResult, checkSubgraph } from '#contracts/publish/check/index.ts';
import type { CheckedProvider } from '#contracts/publish/check/pacts-layer.ts';
import type { CostLimits } from '#contracts/publish/check/planned-operation.ts';
import { type KnownOperation, readCommittedOperations } from '#contracts/publish/known-operations.ts';
import { defaultOperationLimits } from '#gateway/limits/operation-limits.ts';

const root = resolve(import.meta.dirname, '../..');

/** So that another operation in the folder makes no difference here. */
const chosen = ['AccountSnapshot', 'LatestAccount', 'MoveOpportunityStage', 'RecordTouch', 'Sidebar'];

/** A copy of our own subgraphs' schemas and of some operations, in which both may be changed. */
export interface GateWorld {
  readonly folder: string;
  readonly operations: string;
  /** Changes what is published: the text must be there. */
  readonly publish: (subgraph: string, from: string | RegExp, to: string) => Promise<void>;
  /** Adds a known operation of a client. */
  readonly know: (name: string, client: string, document: string) => Promise<void>;
  /** The published schema with a change, as a file of its own: the text must be there. */
  readonly propose: (subgraph: string, from: string | RegExp, to: string) => Promise<string>;
  readonly check: (subgraph: string, schema: string, more?: More) => Promise<CheckResult>;
  readonly close: () => Promise<void>;
}

interface More {
  readonly seen?: readonly KnownOperation[];
  readonly limits?: Partial<CostLimits>;
  readonly acceptedNarrowing?: readonly string[];
  readonly provider?: CheckedProvider;
}

export async function openGateWorld(): Promise<GateWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-gate-'));
  const operations = join(folder, 'operations');
  const config = join(folder, 'supergraph.yaml');
  await mkdir(operations);
  for (const name of chosen) {
    for (const file of [`${name}.graphql`, `${name}.examples.yaml`]) {
      await cp(join(root, 'contracts/operations', file), join(operations, file));
    }
  }
  const configured = parseYaml(await readFile(join(root, 'supergraph.yaml'), 'utf8')) as {
    subgraphs: Record<string, { schema: { file: string } }>;
  };
  for (const [name, { schema }] of Object.entries(configured.subgraphs)) {
    await mkdir(join(folder, name));
    await cp(join(root, schema.file), join(folder, name, 'schema.graphql'));
    schema.file = `./${name}/schema.graphql`;
  }
  await writeFile(config, stringify(configured));
  const published = (subgraph: string) => join(folder, subgraph, 'schema.graphql');
  const changed = async (subgraph: string, from: string | RegExp, to: string): Promise<string> => {
    const text = await readFile(published(subgraph), 'utf8');
    const next = text.replace(from, to);
    expect(next, `${subgraph} has no ${from}`).not.toBe(text);
    return next;
  };
  return {
    folder,
    operations,
    publish: async (subgraph, from, to) => writeFile(published(subgraph), await changed(subgraph, from, to)),
    know: async (name, client, document) => {
      await writeFile(join(operations, `${name}.graphql`), document);
      await writeFile(
        join(operations, `${name}.examples.yaml`),
        stringify({ client, variables: {}, entities: {} }),
      );
    },
    propose: async (subgraph, from, to) => {
      const file = join(folder, `${subgraph}.graphql`);
      await writeFile(file, await changed(subgraph, from, to));
      return file;
    },
    check: async (subgraph, schema, { seen = [], limits, acceptedNarrowing, provider } = {}) =>
      checkSubgraph({
        subgraph,
        schema,
        config,
        operations: [...(await readCommittedOperations(operations)), ...seen],
        limits: { ...defaultOperationLimits, ...limits },
        acceptedNarrowing,
        provider,
      }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The line of a file that holds a text, the first one. */
export async function lineOf(file: string, text: string): Promise<number> {
  const index = (await readFile(file, 'utf8')).split('\n').findIndex((line) => line.includes(text));
  expect(index, `${file} has no line with "${text}"`).toBeGreaterThanOrEqual(0);
  return index + 1;
}

export function errorsOf({ findings }: CheckResult): readonly Finding[] {
  return findings.filter(({ severity }) => severity === 'error');
}

/** Errors, each as its layer, code and coordinate. */
export function stopsOf(result: CheckResult): readonly string[] {
  return errorsOf(result).map(({ layer, code, coordinate }) => `${layer} ${code} ${coordinate ?? ''}`.trim());
}
