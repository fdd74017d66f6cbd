/**
 * What one operation may be. Counts go through fragments: a fragment that is spread twice counts twice. A limit that
 * may be `false` can be turned off; the others keep the process itself safe and can only be moved.
 */
export interface OperationLimits {
  /** Lexical tokens of a document, comments aside. Default 10,000. */
  readonly tokens: number | false;
  /** Brackets open at once in a document, selection sets inside each other, and levels of variables. Default 200. */
  readonly nesting: number;
  /** Fields inside each other, the root field being the first. Default 15. */
  readonly depth: number | false;
  /** Fields with an alias. Default 100. */
  readonly aliases: number | false;
  /** Fields of Query or Mutation. Default 20. */
  readonly rootFields: number | false;
  /** Uses of directives. Default 100. */
  readonly directives: number | false;
  /** Fields of all levels together. Default 10,000. */
  readonly fields: number;
  /** Estimated cost, see `cost-estimate.ts`. `false` estimates nothing. Default 10,000. */
  readonly cost: number | false;
  /** Items that a list without `@listSize` is taken to have. Default 10. */
  readonly assumedListSize: number;
  /** Whether `__schema` and `__type` may be asked. Default true. */
  readonly introspection: boolean;
}

export const defaultOperationLimits: OperationLimits = {
  tokens: 10_000,
  nesting: 200,
  depth: 15,
  aliases: 100,
  rootFields: 20,
  directives: 100,
  fields: 10_000,
  cost: 10_000,
  assumedListSize: 10,
  introspection: true,
};

/** Above it, recursion over a document could use up the stack. */
const deepestNesting = 1_000;

/**
 * Checks limits that come from a configuration.
 * @throws Error naming the limit, its value and what it may be.
 */
export function checkOperationLimits(limits: OperationLimits): void {
  for (const name of ['tokens', 'depth', 'aliases', 'rootFields', 'directives', 'cost'] as const) {
    if (limits[name] !== false) {
      checkWhole(`limits.${name}`, limits[name], 1, Number.MAX_SAFE_INTEGER, ', or false for no limit');
    }
  }
  checkWhole('limits.nesting', limits.nesting, 1, deepestNesting);
  checkWhole('limits.fields', limits.fields, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('limits.assumedListSize', limits.assumedListSize, 0, Number.MAX_SAFE_INTEGER);
  if (typeof limits.introspection !== 'boolean') {
    throw new Error(`limits.introspection is ${limits.introspection}: set it to true or false.`);
  }
}

/** @throws Error naming the setting, its value and what it may be. */
export function checkWhole(name: string, value: unknown, least: number, most: number, or = ''): void {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    throw new Error(`${name} is ${value}: set it to a whole number ${range}${or}.`);
  }
}
