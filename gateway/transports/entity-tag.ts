import { createHash } from 'node:crypto';
import type { Source } from './rest-sources.ts';

/**
 * The weak entity tag (RFC 9110, section 8.8.3) of an answer: two with the same tag say the same, though how long the
 * subgraphs took differs.
 */
export function entityTag(body: Buffer, sources: Readonly<Record<string, Source>>): string {
  const hash = createHash('sha256').update(body);
  for (const [name, { status, observedAt }] of Object.entries(sources)) {
    hash.update(`\n${name} ${status} ${observedAt}`);
  }
  return `W/"${hash.digest('base64url')}"`;
}

/** Whether `If-None-Match` names the tag, compared weakly, or any (RFC 9110, section 13.1.2). */
export function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (one: string) => one.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((one) => opaque(one) === opaque(tag));
}
