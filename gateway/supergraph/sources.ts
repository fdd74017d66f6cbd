import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAccessText } from '#gateway/rights/access-file.ts';

/** An operation document in a file of its own. */
export interface OperationFile {
  readonly file: string;
  readonly text: string;
}

/** What a generation is made from, as it was read from disk at one time. */
export interface Sources {
  readonly supergraphFile: string;
  readonly supergraphSdl: string;
  /** SHA-256 of the supergraph, in hex. */
  readonly supergraphHash: string;
  readonly operations: readonly OperationFile[];
  /** The access file, where there is one. */
  readonly access: { readonly file: string; readonly text: string } | undefined;
  /** Changes with the supergraph, an operation, a REST route or the access file. */
  readonly fingerprint: string;
}

const operationSuffix = '.graphql';
const routeSuffix = '.rest.yaml';

/**
 * Reads the supergraph, and the operations folder and the access file where there are such.
 * @throws Error that names the file or folder that cannot be read, and the remedy.
 */
export async function readSources(
  supergraphFile: string,
  operationsFolder: string | undefined,
  accessFile: string | undefined,
): Promise<Sources> {
  const supergraphSdl = await readSupergraph(supergraphFile);
  const files =
    operationsFolder === undefined ? [] : await readFolder(operationsFolder, [operationSuffix, routeSuffix]);
  const access =
    accessFile === undefined ? undefined : { file: accessFile, text: await readAccessText(accessFile) };
  const fingerprint = createHash('sha256').update(supergraphSdl);
  for (const { file, text } of access === undefined ? files : [...files, access]) {
    fingerprint.update(`\0${file}\0${text}`);
  }
  return {
    supergraphFile,
    supergraphSdl,
    supergraphHash: createHash('sha256').update(supergraphSdl).digest('hex'),
    operations: files.filter(({ file }) => file.endsWith(operationSuffix)),
    access,
    fingerprint: fingerprint.digest('hex'),
  };
}

/**
 * Reads a supergraph file.
 * @throws Error that names the file and the remedy.
 */
export async function readSupergraph(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `${error}`;
    throw new Error(
      `The supergraph file "${file}" cannot be read: it ${reason}. Compose it, or name another.`,
      { cause: error },
    );
  }
}

/**
 * Reads every `*.graphql` of a folder, in the order of their names.
 * @throws Error that names the folder or file.
 */
export function readOperations(folder: string): Promise<readonly OperationFile[]> {
  return readFolder(folder, [operationSuffix]);
}

async function readFolder(folder: string, suffixes: readonly string[]): Promise<readonly OperationFile[]> {
  try {
    const names = (await readdir(folder)).filter((name) => suffixes.some((suffix) => name.endsWith(suffix)));
    return await Promise.all(
      names.sort().map(async (name) => {
        const file = join(folder, name);
        return { file, text: await readFile(file, 'utf8') };
      }),
    );
  } catch (error) {
    throw new Error(`The folder of operations "${folder}" cannot be read: ${error}`, { cause: error });
  }
}
