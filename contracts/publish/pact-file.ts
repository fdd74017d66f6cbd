import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RecordedTypes } from './record-types.ts';
import { ConfigError } from './supergraph-config.ts';

/** The one state that pacts of ours know: of an entity by its type and key. */
export const knownState = 'entity exists';

const liveShape = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()),
  /** The type of the event, such as `tributary.crm.LeadCreated.v1`. */
  event: z.string(),
});

/** A subscription, and an event that it delivers. */
export type LiveRequest = z.infer<typeof liveShape>;

const beside = z.object({
  /** The operation, or the type of the event. */
  operation: z.string(),
  clients: z.array(z.string()),
  /** Of a request. */
  types: z.custom<RecordedTypes>((value) => typeof value === 'object' && value !== null).optional(),
  /** Of what the gateway delivers. */
  live: liveShape.optional(),
});

const interactionShape = z.object({
  type: z.string(),
  description: z.string(),
  providerStates: z
    .array(z.object({ name: z.string(), params: z.record(z.string(), z.unknown()).default({}) }))
    .default([]),
  comments: z.object({ tributary: beside.optional() }).optional(),
  request: z
    .object({
      body: z.object({
        content: z.looseObject({
          query: z.string(),
          variables: z.record(z.string(), z.unknown()).optional(),
        }),
      }),
    })
    .optional(),
});

const pactShape = z.object({
  consumer: z.object({ name: z.string() }),
  provider: z.object({ name: z.string() }),
  interactions: z.array(interactionShape),
});

export type PactInteraction = z.infer<typeof interactionShape>;

/** What is read of a pact, of whatever consumer. */
export interface Pact {
  readonly file: string;
  readonly consumer: string;
  readonly provider: string;
  readonly interactions: readonly PactInteraction[];
  /** SHA-256 of the file in hex. */
  readonly hash: string;
}

/** Reads a pact file of version 4; a ConfigError names what is wrong with it. */
export async function readPact(file: string): Promise<Pact> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`${file} cannot be read (${error.code}); a pact is expected there.`);
  });
  const parsed = pactShape.safeParse(parseJson(file, text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${file} is no pact: ${issue?.path.join('.') || 'the file'}: ${issue?.message}.`);
  }
  const { consumer, provider, interactions } = parsed.data;
  const hash = createHash('sha256').update(text).digest('hex');
  return { file, consumer: consumer.name, provider: provider.name, interactions, hash };
}

/** All pacts of a folder, or those with one provider, by name of file. */
export async function readPacts(folder: string, provider?: string): Promise<readonly Pact[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`${folder} cannot be read (${error.code}); pacts are expected there.`);
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  const pacts = await Promise.all(files.map((name) => readPact(join(folder, name))));
  return pacts.filter((pact) => provider === undefined || pact.provider === provider);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${file} is no JSON: ${(error as Error).message}`);
  }
}
