/** The program that a request came from, as far as it says so. It is for counting, and is never believed for more. */
export interface ClientIdentity {
  readonly name: string;
  readonly version: string;
}

const unknown = 'unknown';

/** Of a request that does not say what it came from. */
export const unknownClient: ClientIdentity = { name: unknown, version: unknown };

/* No `@` but as the first character, as packages have it: an address of a person is no name of a program. */
const fitName = /^@?[A-Za-z0-9][\w ./+:-]{0,63}$/;
const fitVersion = /^[A-Za-z0-9][\w.+-]{0,31}$/;

/** The program by its headers `x-client-name` and `x-client-version`; what is no fit name is `unknown`. */
export function clientOf(name: unknown, version: unknown): ClientIdentity {
  if (name === undefined && version === undefined) return unknownClient;
  return {
    name: typeof name === 'string' && fitName.test(name) ? name : unknown,
    version: typeof version === 'string' && fitVersion.test(version) ? version : unknown,
  };
}
