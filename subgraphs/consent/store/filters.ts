import { type RawBuilder, sql } from 'kysely';
import { allOf, equals } from '#chassis/store/conditions.ts';

export function recordsWhere(tenant: string, purpose: string | null | undefined): RawBuilder<unknown> {
  return allOf(sql`tenant = ${tenant}`, equals('purpose', purpose));
}
