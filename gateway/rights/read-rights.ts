import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { type Access, defaultAccess, metricsScope } from './access.ts';
import { parseAccess } from './access-file.ts';
import { createRightsModel, namesIn, type RightsModel } from './rights-model.ts';

/** Where rights are read from. */
export interface RightsSources {
  readonly supergraphFile: string;
  readonly access: { readonly file: string; readonly text: string } | undefined;
}

/**
 * What the access file gives viewers.
 * @throws Error naming the file and what is wrong with it.
 */
export function readAccess({ access: source }: Pick<RightsSources, 'access'>): Access {
  return source === undefined ? defaultAccess : parseAccess(source.file, source.text);
}

/** Scopes that the gateway itself asks for, whatever the supergraph does. */
const ownScopes: readonly string[] = [metricsScope];

/**
 * Reads what a supergraph requires of viewers; undefined where it requires nothing. Names that only one of the two knows are said in the log: they are valid, and mostly slips.
 * @throws Error naming the file and what is wrong with it.
 */
export function readRights(
  supergraph: GraphQLSchema,
  access: Access,
  { supergraphFile, access: source }: RightsSources,
  log: Logger,
): RightsModel | undefined {
  let model: RightsModel | undefined;
  try {
    model = createRightsModel(supergraph, access);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The supergraph file "${supergraphFile}" cannot be served: ${reason}`, { cause: error });
  }
  if (source !== undefined || model !== undefined) {
    warnOfStrangers(model, access, source?.file, log);
  }
  return model;
}

function warnOfStrangers(
  model: RightsModel | undefined,
  access: Access,
  file: string | undefined,
  log: Logger,
): void {
  const named = model === undefined ? undefined : namesIn(model);
  const given = Object.values(access.roles).flatMap((scopes) => (scopes === 'all' ? [] : scopes));
  const scopes = [...new Set(given)].filter(
    (scope) => !named?.scopes.has(scope) && !ownScopes.includes(scope),
  );
  if (scopes.length > 0) {
    log.warn({ file, scopes }, 'the access file gives scopes that the supergraph requires nowhere');
  }
  const policies = Object.keys(access.policies).filter((policy) => !named?.policies.has(policy));
  if (policies.length > 0) {
    log.warn({ file, policies }, 'the access file has policies that the supergraph requires nowhere');
  }
  const missing = [...(named?.policies ?? [])].filter((policy) => !Object.hasOwn(access.policies, policy));
  if (missing.length > 0) {
    log.warn(
      { file, policies: missing },
      'the supergraph requires policies that have no rule: nobody meets them',
    );
  }
}
