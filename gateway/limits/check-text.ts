import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';
import { NestingLimitExceeded, TokenLimitExceeded } from '#gateway/pipeline/operation-errors.ts';
import type { OperationLimits } from './operation-limits.ts';

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Refuses a text that would cost too much to parse. The parser recurses with every bracket, and a few thousand of
 * them end in a stack overflow, long before their tokens are too many; so brackets are counted before it runs.
 *
 * Reading stops at the limit: `value` is then the limit and one. A text that is no GraphQL is left to the parser,
 * whose errors are better.
 * @throws GatewayError `TOKEN_LIMIT_EXCEEDED` or `NESTING_LIMIT_EXCEEDED`.
 */
export function checkText(text: string, limits: Pick<OperationLimits, 'tokens' | 'nesting'>): void {
  const mostTokens = limits.tokens === false ? Number.POSITIVE_INFINITY : limits.tokens;
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let nesting = 0;
  for (let kind = nextKind(lexer); kind !== TokenKind.EOF; kind = nextKind(lexer)) {
    tokens += 1;
    if (tokens > mostTokens) {
      throw TokenLimitExceeded(mostTokens, tokens);
    }
    if (opening.has(kind)) {
      nesting += 1;
      if (nesting > limits.nesting) {
        throw NestingLimitExceeded('The document', limits.nesting, nesting);
      }
    } else if (closing.has(kind)) {
      nesting -= 1;
    }
  }
}

/** The end of what can be read counts as the end. */
function nextKind(lexer: Lexer): TokenKind {
  try {
    return lexer.advance().kind;
  } catch (error) {
    if (error instanceof GraphQLError) {
      return TokenKind.EOF;
    }
    throw error;
  }
}

/**
 * Refuses variables whose lists and objects stand too deep inside each other for coercion, which recurses.
 * @throws GatewayError `NESTING_LIMIT_EXCEEDED`.
 */
export function checkVariables(
  variables: Readonly<Record<string, unknown>>,
  limits: Pick<OperationLimits, 'nesting'>,
): void {
  for (const name of Object.keys(variables)) {
    checkValue(variables[name], `Variable "$${name}"`, 1, limits.nesting);
  }
}

function checkValue(value: unknown, what: string, level: number, most: number): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  if (level > most) {
    throw NestingLimitExceeded(what, most, level);
  }
  for (const inner of Object.values(value)) {
    checkValue(inner, what, level + 1, most);
  }
}
