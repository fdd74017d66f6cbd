import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readYaml } from '#gateway/yaml-text.ts';
import type { Access } from './access.ts';

/*
 *   roles:
 *     rep: [contact:read]            # the scopes that a role gives
 *     admin: all                     # every scope there is
 *   policies:
 *     export: { anyRole: [manager, admin] }
 *     erasure: { allRoles: [auditor, manager] }
 */
const names = z.array(z.string().min(1));
const accessShape = z.strictObject({
  roles: z.record(z.string().min(1), z.union([names, z.literal('all')])),
  policies: z
    .record(
      z.string().min(1),
      z
        .strictObject({ anyRole: names.min(1).optional(), allRoles: names.min(1).optional() })
        .refine(
          ({ anyRole, allRoles }) => anyRole !== undefined || allRoles !== undefined,
          'needs anyRole or allRoles',
        ),
    )
    .default({}),
});

/**
 * Reads an access file's text.
 * @throws Error naming the file, the key and what is wrong with it.
 */
export function parseAccess(file: string, text: string): Access {
  const access: Access = readYaml(file, text, accessShape, 'is no access file');
  for (const [policy, { anyRole = [], allRoles = [] }] of Object.entries(access.policies)) {
    const unknown = [...anyRole, ...allRoles].find((role) => !Object.hasOwn(access.roles, role));
    if (unknown !== undefined) {
      throw new Error(
        `${file}: policies.${policy} names the role "${unknown}". The roles are ${Object.keys(access.roles).join(', ')}.`,
      );
    }
  }
  return access;
}

/** @throws Error naming the file that cannot be read, and the remedy. */
export async function readAccessText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`The access file "${file}" cannot be read: ${error}. Write it, or name another.`, {
      cause: error,
    });
  });
}
