import type { KnownOperation } from '../known-operations.ts';
import { SchemaSyntaxError } from '../supergraph-config.ts';
import { withAccepted } from './accepted-narrowing.ts';
import { type Change, readChange } from './change.ts';
import { compositionFindings } from './composition-layer.ts';
import { costFindings } from './cost-layer.ts';
import { type Finding, type Layer, layers } from './finding.ts';
import { lintFindings } from './lint-layer.ts';
import { type CheckedProvider, pactFindings, withoutForeseen } from './pacts-layer.ts';
import type { CostLimits } from './planned-operation.ts';
import { refusedFindings } from './refused-operations.ts';
import { schemaFindings } from './schema-layer.ts';
import { typeFindings } from './types-layer.ts';

export interface CheckRequest {
  readonly subgraph: string;
  /** The schema that would be published. */
  readonly schema: string;
  /** rover's configuration, which names what is published. */
  readonly config: string;
  /** What clients are known to send: committed, seen, or both. */
  readonly operations: readonly KnownOperation[];
  /** The gateway's, by which it refuses what costs too much. */
  readonly limits: CostLimits;
  /** Coordinates whose narrowed access is meant: said, and no error. */
  readonly acceptedNarrowing?: readonly string[] | undefined;
  readonly provider?: CheckedProvider | undefined;
}

/** What the gate says of a change. */
export interface CheckResult {
  readonly subgraph: string;
  readonly schema: string;
  /** False where any finding is an error. */
  readonly passed: boolean;
  readonly isNew: boolean;
  /** Known operations that it was weighed against, how many of them gateways recorded, and whose they are. */
  readonly operations: number;
  readonly recorded: number;
  readonly clients: number;
  /** Recorded operations beyond the most used ones, which would take too long. */
  readonly notWeighed: number;
  /** Layers that could not look, and why. */
  readonly skipped: readonly { readonly layer: Layer; readonly reason: string }[];
  /** Errors first, then by layer. */
  readonly findings: readonly Finding[];
}

/**
 * Looks at a change of one subgraph, or at a new one, through every layer.
 * @throws ConfigError where a file cannot be read.
 */
export async function checkSubgraph(request: CheckRequest): Promise<CheckResult> {
  const { subgraph, schema, config } = request;
  const operations = mostUsed(request.operations);
  const about = {
    subgraph,
    schema,
    operations: operations.length,
    recorded: operations.filter(({ source }) => source.kind === 'seen').length,
    notWeighed: request.operations.length - operations.length,
    clients: new Set(operations.map(({ client }) => client)).size,
  };
  try {
    const change = await readChange(config, { name: subgraph, file: schema }, operations, request.limits);
    const found = await findingsOf(change, request);
    const findings = inOrder(withAccepted(found, request.acceptedNarrowing ?? []));
    return {
      ...about,
      isNew: change.before === undefined,
      passed: findings.every(({ severity }) => severity !== 'error'),
      skipped: skippedLayers(change, request),
      findings,
    };
  } catch (error) {
    if (!(error instanceof SchemaSyntaxError) || error.file !== schema) throw error;
    const others = layers.filter((layer) => layer !== 'composition');
    const skipped = others.map((layer) => ({ layer, reason: 'the file cannot be read as a schema' }));
    return { ...about, isNew: false, passed: false, skipped, findings: [syntaxFinding(error, schema)] };
  }
}

/** Most recorded operations that are planned: some milliseconds each. */
const mostRecorded = 1_000;

/** All committed operations, and of the recorded ones those that are sent most. */
function mostUsed(operations: readonly KnownOperation[]): readonly KnownOperation[] {
  const countOf = ({ source }: KnownOperation) => (source.kind === 'seen' ? source.count : 0);
  const recorded = operations.filter(({ source }) => source.kind === 'seen');
  return [
    ...operations.filter(({ source }) => source.kind === 'committed'),
    ...recorded.toSorted((one, other) => countOf(other) - countOf(one)).slice(0, mostRecorded),
  ];
}

async function findingsOf(change: Change, { limits, provider }: CheckRequest) {
  const seen = await pactFindings(change, provider);
  const found = [
    ...compositionFindings(change),
    ...(await schemaFindings(change)),
    ...withoutForeseen(typeFindings(change), seen),
    ...seen,
    ...costFindings(change, limits.cost),
    ...lintFindings(change),
  ];
  return [...found, ...refusedFindings(change, found)];
}

function skippedLayers(
  { before, composedAfter }: Change,
  { provider }: CheckRequest,
): CheckResult['skipped'] {
  const reason =
    before === undefined ? 'nobody asks a new subgraph yet' : 'no running provider is given by --url';
  const pacts = { layer: 'pacts', reason } as const;
  const cost = { layer: 'cost', reason: 'there is no supergraph to plan on' } as const;
  return [...(provider === undefined ? [pacts] : []), ...(composedAfter.kind === 'refused' ? [cost] : [])];
}

function syntaxFinding({ message, line }: SchemaSyntaxError, file: string): Finding {
  return {
    layer: 'composition',
    severity: 'error',
    code: 'SCHEMA_SYNTAX',
    message,
    coordinate: undefined,
    at: { file, line },
    breaks: [],
    remedy: 'Correct the file at that line.',
  };
}

const severities = ['error', 'warning', 'note'] as const;

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ severity, layer }: Finding) =>
    severities.indexOf(severity) * layers.length + layers.indexOf(layer);
  return findings.toSorted((one, other) => rank(one) - rank(other));
}
