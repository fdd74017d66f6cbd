import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EventDefinition } from '#events/define-event.ts';
import { asyncapiOf, envelopeSchema, nameOf } from './asyncapi.ts';
import { incompatibilities, schemaChanges } from './compatibility.ts';
import { contractOf, type EventContract, type JsonSchema } from './event-contract.ts';
import { eventsPageOf } from './events-page.ts';

export interface EventPlaces {
  /** One file for each published version. */
  readonly folder: string;
  readonly asyncapi: string;
  readonly page: string;
}

const envelopeFile = 'envelope.json';

/** What publishing would do, or why it cannot be done. */
export type EventPublication =
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  /** File texts by path; `stale` are the paths whose files hold something else. */
  | {
      readonly kind: 'ready';
      readonly files: ReadonlyMap<string, string>;
      readonly stale: readonly string[];
    };

/**
 * Compares the registered events with what was published before, and makes the files that publish them. Refused is a
 * version that changed incompatibly and one that is gone: events of it may be kept for long.
 */
export async function prepareEvents(
  definitions: readonly EventDefinition[],
  places: EventPlaces,
): Promise<EventPublication> {
  const published = await publishedContracts(places.folder);
  const envelope = await publishedEnvelope(places.folder);
  const contracts = definitions.map(contractOf);
  const next = new Map(contracts.map((contract) => [contract.type, contract]));
  const reasons = published.flatMap((contract) => {
    const now = next.get(contract.type);
    if (now === undefined) return [`${contract.type} is published and no longer registered`];
    return incompatibilities(contract, now).map((reason) => `${contract.type}: ${reason}`);
  });
  if (envelope !== null) reasons.push(...schemaChanges(envelope, envelopeSchema(), 'the envelope'));
  if (reasons.length > 0) return { kind: 'refused', reasons };

  const files = new Map<string, string>([
    ...contracts.map((contract): [string, string] => [
      join(places.folder, `${nameOf(contract)}.json`),
      `${JSON.stringify(contract, null, 2)}\n`,
    ]),
    [join(places.folder, envelopeFile), `${JSON.stringify(envelopeSchema(), null, 2)}\n`],
    [places.asyncapi, asyncapiOf(contracts)],
    [places.page, eventsPageOf(contracts)],
  ]);
  const stale: string[] = [];
  for (const [path, text] of files) {
    if ((await readFile(path, 'utf8').catch(() => null)) !== text) stale.push(path);
  }
  return { kind: 'ready', files, stale };
}

/** Writes the files of a publication that are not current. */
export async function writeEvents({
  files,
  stale,
}: Extract<EventPublication, { kind: 'ready' }>): Promise<void> {
  for (const path of stale) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, files.get(path) as string);
  }
}

async function publishedContracts(folder: string): Promise<readonly EventContract[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json') && name !== envelopeFile).sort();
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as EventContract),
  );
}

async function publishedEnvelope(folder: string): Promise<JsonSchema | null> {
  try {
    return JSON.parse(await readFile(join(folder, envelopeFile), 'utf8')) as JsonSchema;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
