import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ConfigError } from './supergraph-config.ts';

/** What every application stands on. */
const ground = ['events', 'package-lock.json'];
const gatewayGround = ['gateway', 'pages', 'client', 'contracts/access.yaml', 'supergraph.graphql'];

/** What comes to browsers from the gateway. */
const served: ReadonlySet<string> = new Set(['pages', 'client']);

/**
 * The application that a name in a pact belongs to: consumers of events are parts of their subgraph, and the gateway
 * serves the pages, which the live client is bundled into.
 */
export function applicationOf(participant: string): string {
  return served.has(participant) ? 'gateway' : (participant.split('.')[0] as string);
}

/**
 * The version of an application: the first 16 digits of a SHA-256 over all it is made of. Of a subgraph that is its
 * folder, the chassis, the events and the lock file. Tests and pages of text count for nothing. A ConfigError says where there is none.
 *
 * @param root of the project
 */
export async function versionOf(application: string, root = '.'): Promise<string> {
  const own = application === 'gateway' ? gatewayGround : [`subgraphs/${application}`, 'subgraphs/chassis'];
  const files = (await Promise.all([...own, ...ground].map((path) => filesAt(root, path)))).flat().sort();
  if (application !== 'gateway' && !files.some((file) => file.startsWith(`subgraphs/${application}/`))) {
    throw new ConfigError(`There is no application "${application}": subgraphs/${application} has no files.`);
  }
  const hash = createHash('sha256');
  for (const file of files) {
    const content = createHash('sha256').update(await readFile(join(root, file)));
    hash.update(`${file}\0${content.digest('hex')}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** A file, or those of a folder; of what is not there none. */
async function filesAt(root: string, path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !/\.test\.ts$|\.md$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
