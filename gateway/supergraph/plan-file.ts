import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QueryPlan } from '@apollo/query-planner';
import { Kind, parse, validate } from 'graphql';
import type { Logger } from 'pino';
import { z } from 'zod';
import { describeSupergraph, type SupergraphDescription } from './description.ts';
import { type OperationFile, readSupergraph } from './sources.ts';

/*
 * A plan file holds the plans of known operations, and what the request path needs to know of the supergraph, so that
 * a gateway that starts with it has to read neither the supergraph nor plan anything. It is good for exactly one
 * supergraph and one planner, whose hashes it carries; for any other it is ignored.
 */
const planFileShape = z.strictObject({
  /** SHA-256 of the supergraph file, in hex. */
  supergraph: z.string(),
  /** `plannerVersion` of whoever wrote it. */
  planner: z.string(),
  description: z.strictObject({
    api: z.string(),
    supergraph: z.string(),
    subgraphs: z.array(z.strictObject({ name: z.string(), url: z.string() })),
  }),
  plans: z.array(
    z.strictObject({
      text: z.string(),
      operationName: z.string().optional(),
      plan: z.custom<QueryPlan>(
        (plan) => typeof plan === 'object' && plan !== null && 'kind' in plan && plan.kind === 'QueryPlan',
        'is no query plan',
      ),
    }),
  ),
});

/** A plan and the operation that it is of. */
export interface KnownPlan {
  readonly text: string;
  readonly operationName?: string;
  readonly plan: QueryPlan;
}

export interface KnownPlans {
  readonly description: SupergraphDescription;
  readonly plans: readonly KnownPlan[];
}

/** What `writePlans` did. */
export interface PlansReport {
  readonly plans: number;
  /** Operations that have no plan, and why. */
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Plans the operations for a supergraph and writes a plan file. An operation that does not fit is reported, and the
 * others are written.
 * @throws Error when the supergraph cannot be read or is none, or the file cannot be written.
 */
export async function writePlans(
  supergraphFile: string,
  operations: readonly OperationFile[],
  outFile: string,
): Promise<PlansReport> {
  const supergraphSdl = await readSupergraph(supergraphFile);
  /* The planner is a large package, and a gateway that reads a plan file needs none of it. */
  const { createPlanner } = await import('#gateway/plan/planner.ts');
  const planner = createPlanner(supergraphSdl);
  const plans: KnownPlan[] = [];
  const refused: { file: string; reason: string }[] = [];
  for (const { file, text } of operations) {
    try {
      const document = parse(text);
      const [invalid] = validate(planner.schema, document);
      if (invalid !== undefined) {
        throw invalid;
      }
      for (const definition of document.definitions) {
        if (definition.kind === Kind.OPERATION_DEFINITION) {
          const operationName = definition.name?.value;
          plans.push({ text, operationName, plan: planner.plan(document, operationName) });
        }
      }
    } catch (error) {
      refused.push({ file, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const content: z.input<typeof planFileShape> = {
    supergraph: createHash('sha256').update(supergraphSdl).digest('hex'),
    planner: await plannerVersion(),
    description: describeSupergraph(planner) as z.input<typeof planFileShape>['description'],
    plans,
  };
  const draft = `${outFile}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(content)}\n`);
  await rename(draft, outFile);
  return { plans: plans.length, refused };
}

/**
 * Reads a plan file for the supergraph with this hash. A file that is broken or was made for something else is said
 * in the log and ignored: undefined.
 */
export async function readPlans(
  file: string,
  supergraphHash: string,
  log: Logger,
): Promise<KnownPlans | undefined> {
  let content: z.infer<typeof planFileShape>;
  try {
    const parsed = planFileShape.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (!parsed.success) {
      throw new Error(z.prettifyError(parsed.error));
    }
    content = parsed.data;
  } catch (error) {
    log.warn({ file, err: error }, 'the plan file is broken and ignored: write it again');
    return undefined;
  }
  const planner = await plannerVersion();
  if (content.supergraph !== supergraphHash || content.planner !== planner) {
    const what = content.supergraph === supergraphHash ? 'planner' : 'supergraph';
    log.warn(
      { file, made: content[what] },
      `the plan file is of another ${what} and ignored: write it again`,
    );
    return undefined;
  }
  return { description: content.description, plans: content.plans };
}

let version: Promise<string> | undefined;

/**
 * What a plan depends on besides the supergraph: the version of the planner, and the sources around it, which change
 * what it is given and what it answers.
 */
export function plannerVersion(): Promise<string> {
  version ??= readPlannerVersion();
  return version;
}

async function readPlannerVersion(): Promise<string> {
  const folder = fileURLToPath(new URL('../plan/', import.meta.url));
  const planner = createRequire(import.meta.url).resolve('@apollo/query-planner/package.json');
  const names = (await readdir(folder)).filter((name) => !name.includes('.test.')).sort();
  const hash = createHash('sha256');
  for (const name of names) {
    hash.update(`${name}\0`).update(await readFile(join(folder, name)));
  }
  const { version: released } = JSON.parse(await readFile(planner, 'utf8')) as { version: string };
  return `${released}-${hash.digest('hex').slice(0, 16)}`;
}
