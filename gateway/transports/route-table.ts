import type { RestRoute } from './rest-route.ts';

/** A route and what stands in the path for its parameters, decoded. */
export interface RouteMatch {
  readonly route: RestRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the route of a URL's path (still percent-encoded, without query). */
export type RouteTable = (path: string) => RouteMatch | undefined;

/** Characters of one path parameter, as it was sent; nothing longer is found. */
const longestParameter = 1_024;

interface Entry {
  readonly route: RestRoute;
  readonly segments: readonly string[];
}

/**
 * Makes the table of a generation's routes: they change with the supergraph, which the server's own router cannot.
 * Where two routes fit, the one with the word further left goes first: `/accounts/top` before `/accounts/{id}`.
 */
export function routeTable(routes: readonly RestRoute[]): RouteTable {
  const entries = routes
    .map((route): Entry => ({ route, segments: route.path.split('/') }))
    .sort((one, other) => compare(one.segments, other.segments));
  return (path) => {
    const segments = path.split('/');
    for (const { route, segments: declared } of entries) {
      const parameters = match(declared, segments);
      if (parameters !== undefined) {
        return { route, parameters };
      }
    }
    return undefined;
  };
}

const isParameter = (segment: string | undefined) => segment?.startsWith('{') === true;

function compare(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((segment, index) => isParameter(segment) !== isParameter(other[index]));
  return at === -1 ? 0 : Number(isParameter(one[at])) - Number(isParameter(other[at]));
}

function match(
  declared: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (declared.length !== segments.length) {
    return undefined;
  }
  const parameters: Record<string, string> = {};
  for (const [index, expected] of declared.entries()) {
    const segment = segments[index] as string;
    const value = decode(segment);
    if (!isParameter(expected)) {
      if (value !== expected) {
        return undefined;
      }
    } else if (value === undefined || segment.length > longestParameter) {
      return undefined;
    } else {
      parameters[expected.slice(1, -1)] = value;
    }
  }
  return parameters;
}

/** Undefined where the text is not percent-encoded UTF-8. */
function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
