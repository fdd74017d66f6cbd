import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { GatewayOptions } from './options.ts';
import { readYaml } from './yaml-text.ts';

const whole = z.number().int();
const wholeOrOff = z.union([whole, z.literal(false)]);

const oneOrMore = z.union([z.string(), z.array(z.string())]);
const claimPath = z.union([z.string().min(1), z.array(z.string()).min(1)]);

const authenticationShape = z.strictObject({
  jwks: z
    .strictObject({
      url: z.string(),
      timeoutMs: whole.optional(),
      cooldownMs: whole.optional(),
      cacheMs: whole.optional(),
    })
    .optional(),
  /* Where the secret is, never the secret: this file is read by more people than may sign tokens. */
  secret: z.union([z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })]).optional(),
  issuer: oneOrMore,
  audience: oneOrMore,
  algorithms: z.array(z.string()).optional(),
  clockToleranceMs: whole.optional(),
  claims: z
    .strictObject({
      id: claimPath,
      roles: claimPath,
      scopes: claimPath,
      tenant: claimPath,
      machine: z.strictObject({ claim: claimPath, equals: z.string().optional() }),
    })
    .partial()
    .optional(),
  defaultTenant: z.string().optional(),
  anonymous: z.boolean().optional(),
  keptTokens: whole.optional(),
});

/**
 * What may stand in a settings file, and only that. Ranges are checked where the values are used, by the same rules
 * as for values from code.
 */
const settingsShape = z.strictObject({
  persistedOnly: z.boolean().optional(),
  watchMs: whole.optional(),
  access: z.string().optional(),
  forwardHeaders: z.array(z.string()).optional(),
  authentication: authenticationShape.optional(),
  internalKeys: z.string().optional(),
  timeouts: z
    .strictObject({
      requestMs: whole,
      subgraphMs: whole,
      bySubgraph: z.record(z.string(), whole),
      closeMs: whole,
      planMs: whole,
      plannerIdleMs: whole,
    })
    .partial()
    .optional(),
  sharing: z
    .strictObject({
      enabled: z.boolean(),
      bySubgraph: z.record(z.string(), z.boolean()),
      inFlight: whole,
      queueMs: whole,
      representations: whole,
      rootRequests: whole,
      characters: whole,
      byViewer: z.union([z.boolean(), z.literal('auto')]),
      viewerSensitive: z.array(z.string()),
    })
    .partial()
    .optional(),
  edge: z
    .strictObject({
      browser: z
        .strictObject({
          origins: z.array(z.string()),
          frameAncestors: z.array(z.string()),
          passSeconds: whole,
          passSessionSeconds: whole,
        })
        .partial(),
      rates: z
        .strictObject({
          windowMs: whole,
          viewer: wholeOrOff,
          machine: wholeOrOff,
          address: wholeOrOff,
          callers: whole,
        })
        .partial(),
      connection: z
        .strictObject({
          headersMs: whole,
          receiveMs: whole,
          keepAliveMs: whole,
          requests: whole,
          connections: whole,
          headerBytes: whole,
        })
        .partial(),
      webSocket: z
        .strictObject({ initMs: whole, pingMs: whole, operations: whole, waitingBytes: whole })
        .partial(),
      lasting: z.strictObject({ drainMs: whole, tokenWarningMs: whole, tokenCheckMs: whole }).partial(),
      sse: z.strictObject({ heartbeatMs: whole }).partial(),
      poll: z.strictObject({ waitMs: whole, results: whole, bytes: whole }).partial(),
      compressFromBytes: wholeOrOff,
      trustProxy: z.array(z.string()),
    })
    .partial()
    .optional(),
  live: z
    .strictObject({
      subscriptions: whole,
      subscriptionsPerViewer: whole,
      waitingBytes: whole,
      waitingMessages: whole,
      recentEvents: whole,
      recentBytes: whole,
      lingerMs: whole,
      groupExecutions: whole,
      executions: whole,
      groupQueue: whole,
      executionMs: whole,
      keptMessagesMs: whole,
      keptCharacters: whole,
      replanMs: whole,
      lookupMs: whole,
      keptLookupsMs: whole,
      keptLookups: whole,
      readings: whole,
      quietMs: whole,
    })
    .partial()
    .optional(),
  subscriptionUrls: z.record(z.string(), z.string()).optional(),
  upstreams: z
    .strictObject({
      connectMs: whole,
      pingMs: whole,
      pongMs: whole,
      retryMs: whole,
      longestRetryMs: whole,
      connections: whole,
    })
    .partial()
    .optional(),
  joining: z
    .strictObject({ enabled: z.boolean(), bySubgraph: z.record(z.string(), z.boolean()) })
    .partial()
    .optional(),
  limits: z
    .strictObject({
      tokens: wholeOrOff,
      nesting: whole,
      depth: wholeOrOff,
      aliases: wholeOrOff,
      rootFields: wholeOrOff,
      directives: wholeOrOff,
      fields: whole,
      cost: wholeOrOff,
      assumedListSize: whole,
      introspection: z.boolean(),
      bodyBytes: whole,
      answerBytes: whole,
      connections: whole,
      waitingFetches: whole,
      documents: whole,
      documentCharacters: whole,
      plans: whole,
      planCharacters: whole,
      persistedQueries: wholeOrOff,
      persistedQueryCharacters: whole,
      waitingPlans: whole,
      plannerPaths: whole,
      plannerMemoryMb: whole,
      warmedPlans: whole,
    })
    .partial()
    .optional(),
});

/** The options of a gateway that a file may set. */
export type GatewaySettings = Pick<
  GatewayOptions,
  | 'persistedOnly'
  | 'watchMs'
  | 'access'
  | 'forwardHeaders'
  | 'timeouts'
  | 'sharing'
  | 'joining'
  | 'limits'
  | 'live'
  | 'edge'
  | 'authentication'
> & { readonly internalKeys?: string };

/**
 * Reads a gateway's settings from a YAML file. What each means and its default stands in `options.ts`.
 * @throws Error naming the file, the key and what is wrong with it.
 */
export async function readSettings(file: string): Promise<GatewaySettings> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`The settings file ${file} cannot be read: ${error}`, { cause: error });
  });
  return readYaml(file, text, settingsShape, 'has no valid settings') satisfies GatewaySettings;
}
