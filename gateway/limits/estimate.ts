/** Coerced variables. */
export type Variables = Readonly<Record<string, unknown>>;

/** A number, or how to work it out from variables. */
export type Estimate = number | ((variables: Variables) => number);

export function evaluate(estimate: Estimate, variables: Variables): number {
  return typeof estimate === 'number' ? estimate : estimate(variables);
}

/** Adds; the parts that are numbers are added now. */
export function sum(parts: readonly Estimate[]): Estimate {
  let constant = 0;
  const rest: ((variables: Variables) => number)[] = [];
  for (const part of parts) {
    if (typeof part === 'number') {
      constant += part;
    } else {
      rest.push(part);
    }
  }
  if (rest.length === 0) {
    return constant;
  }
  return (variables) => {
    let total = constant;
    for (const part of rest) {
      total += part(variables);
    }
    return total;
  };
}

/** Multiplies; what is multiplied with 0 is not worked out. */
export function product(left: Estimate, right: Estimate): Estimate {
  if (left === 0 || right === 0) {
    return 0;
  }
  if (typeof left === 'number' && typeof right === 'number') {
    return left * right;
  }
  return (variables) => {
    const factor = evaluate(left, variables);
    return factor === 0 ? 0 : factor * evaluate(right, variables);
  };
}

/** At least 0. */
export function floored(estimate: Estimate): Estimate {
  return typeof estimate === 'number'
    ? Math.max(0, estimate)
    : (variables) => Math.max(0, estimate(variables));
}

/** The largest of at least one. */
export function largest(parts: readonly Estimate[]): Estimate {
  const [first = 0, ...others] = parts;
  if (others.length === 0) {
    return first;
  }
  return parts.every((part) => typeof part === 'number')
    ? Math.max(...parts)
    : (variables) => Math.max(...parts.map((part) => evaluate(part, variables)));
}
