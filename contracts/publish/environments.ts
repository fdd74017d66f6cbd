import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { applicationOf } from './application.ts';
import type { Pact } from './pact-file.ts';
import { readRecords, writeRecords } from './records-file.ts';
import { ConfigError } from './supergraph-config.ts';

const deployedShape = z.strictObject({
  version: z.string(),
  /** RFC 3339. */
  since: z.string(),
  /** The pacts it relies on, by consumer and provider. */
  pacts: z.array(z.strictObject({ consumer: z.string(), provider: z.string(), hash: z.string() })),
});

const environmentShape = z.record(z.string(), deployedShape);

/** What of an application runs in an environment. */
export type Deployed = z.infer<typeof deployedShape>;
/** By application. */
export type Environment = z.infer<typeof environmentShape>;

function fileOf(folder: string, name: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new ConfigError(`An environment is called in lower case, such as production, not "${name}".`);
  }
  return join(folder, `${name}.json`);
}

/** What runs in an environment. A ConfigError says how one is begun, and which there are, where it has no file. */
export async function readEnvironment(folder: string, name: string): Promise<Environment> {
  const environment = await readRecords(fileOf(folder, name), environmentShape);
  if (environment) return environment;
  const known = (await readdir(folder).catch(() => [])).map((file) => file.replace(/\.json$/, ''));
  const others = known.length === 0 ? 'of no other either' : `only of ${known.sort().join(', ')}`;
  throw new ConfigError(
    `Nothing was recorded yet of what runs in "${name}", and ${others}, so that nothing can be weighed against it. A first deployment breaks nobody: deploy the subgraphs, then the gateway, record each with "tributary deployed <name> --to ${name}", and commit ${folder}.`,
  );
}

/** Takes down that a version of an application runs in an environment, with the pacts that it relies on. */
export async function recordDeployed(
  folder: string,
  name: string,
  application: string,
  version: string,
  pacts: readonly Pact[],
): Promise<void> {
  const file = fileOf(folder, name);
  const before = (await readRecords(file, environmentShape)) ?? {};
  const own = pacts
    .filter(({ consumer }) => applicationOf(consumer) === application)
    .map(({ consumer, provider, hash }) => ({ consumer, provider, hash }));
  const deployed: Deployed = { version, since: new Date().toISOString(), pacts: own };
  const all = Object.entries({ ...before, [application]: deployed });
  await writeRecords(file, Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1))));
}
