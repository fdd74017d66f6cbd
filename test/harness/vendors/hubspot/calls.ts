import type { ObjectType } from './schema.ts';

/** A call that passed authentication and limits. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  /** Absent for an answer without a body, as 204 is. */
  readonly body?: unknown;
}

/** One call of HubSpot's API. `path` is in the words of the HTTP server's router. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** The scopes that a token needs, all of them. */
  readonly scopes: (call: Call) => readonly string[];
  /** Counted with the searches, which have a limit of their own. */
  readonly isSearch?: boolean;
  readonly handle: (call: Call) => Answer;
}

export const readScope = (type: ObjectType) => `crm.objects.${type}.read`;
export const writeScope = (type: ObjectType) => `crm.objects.${type}.write`;

/** Lists come as `a,b` or as the parameter again and again, which is how the SDK sends them. */
export function listParameter(query: URLSearchParams, name: string): readonly string[] | undefined {
  const given = query.getAll(name).flatMap((text) => text.split(','));
  return given.length === 0 ? undefined : given.map((text) => text.trim()).filter((text) => text !== '');
}
