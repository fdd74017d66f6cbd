import type { Operation } from './specification.ts';

/** One condition of Klaviyo's filter language, such as `any(email,["a","b"])`. */
export interface Condition {
  readonly operator: string;
  readonly field: string;
  readonly value: FilterValue;
}
type Scalar = string | number | boolean;
type FilterValue = Scalar | readonly Scalar[];

/** A filter that Klaviyo would refuse, in words. */
export class FilterError extends Error {}

/** The operators that each field takes. */
export type AllowedFilters = ReadonlyMap<string, readonly string[]>;

/** Reads a filter: conditions between commas, or inside `and(…)`, on the fields and operators that are allowed. */
export function readFilter(text: string | null, allowed: AllowedFilters): Condition[] {
  if (text === null || text === '') return [];
  const conditions = new FilterReader(text).conditions();
  for (const { field, operator } of conditions) {
    const operators = allowed.get(field);
    if (operators === undefined) throw new FilterError(`'${field}' is not a field that can be filtered.`);
    if (!operators.includes(operator)) {
      throw new FilterError(`'${operator}' is not an operator of '${field}': ${operators.join(', ')}.`);
    }
  }
  return conditions;
}

/** Whether a record meets every condition; `read` gives a field's value. Times are compared as times. */
export function meets(conditions: readonly Condition[], read: (field: string) => unknown): boolean {
  return conditions.every(({ operator, field, value }) => {
    const own = read(field);
    if (operator === 'any' || operator === 'contains-any') {
      return (value as readonly Scalar[]).some((each) => same(own, each));
    }
    if (operator === 'equals')
      return Array.isArray(value) ? value.every((each) => same(own, each)) : same(own, value);
    if (typeof own === 'string' && typeof value === 'string' && operator in textOperators) {
      return textOperators[operator]?.(own, value) ?? false;
    }
    const [left, right] = [comparable(own), comparable(value)];
    if (left === undefined || right === undefined) return false;
    return orderOperators[operator]?.(left, right) ?? false;
  });
}

const textOperators: Record<string, (own: string, value: string) => boolean> = {
  contains: (own, value) => own.includes(value),
  'starts-with': (own, value) => own.startsWith(value),
  'ends-with': (own, value) => own.endsWith(value),
};
const orderOperators: Record<string, (left: number, right: number) => boolean> = {
  'greater-than': (left, right) => left > right,
  'greater-or-equal': (left, right) => left >= right,
  'less-than': (left, right) => left < right,
  'less-or-equal': (left, right) => left <= right,
};

const same = (own: unknown, value: unknown) =>
  own === value ||
  (typeof own === 'string' && typeof value === 'string' && own.toLowerCase() === value.toLowerCase());

function comparable(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** What the specification allows, which it says in prose: a line per field, field and operators in backquotes. */
export function allowedFilters(operation: Operation): AllowedFilters {
  const described = operation.request?.query?.find(({ name }) => name === 'filter')?.description ?? '';
  const lines = [...described.matchAll(/`([^`]+)`: ((?:`[^`]+`(?:, )?)+)/g)];
  return new Map(
    lines.map(([, field = '', operators = '']) => [
      field,
      [...operators.matchAll(/`([^`]+)`/g)].map(([, o = '']) => o),
    ]),
  );
}

class FilterReader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  conditions(): Condition[] {
    const found = this.list();
    if (this.at < this.text.length) this.fail();
    return found;
  }

  list(): Condition[] {
    const found: Condition[] = [];
    do {
      const operator = this.take(/[a-z-]+/y);
      this.take(/\s*\(\s*/y);
      if (operator === 'and') found.push(...this.list());
      else {
        const field = this.take(/[\w.]+/y);
        this.take(/\s*,\s*/y);
        found.push({ operator, field, value: this.value() });
      }
      this.take(/\s*\)\s*/y);
    } while (this.has(/,\s*/y));
    return found;
  }

  value(): FilterValue {
    if (!this.has(/\[\s*/y)) return this.scalar();
    const values: Scalar[] = [];
    if (this.has(/\]/y)) return values;
    do values.push(this.scalar());
    while (this.has(/\s*,\s*/y));
    this.take(/\s*\]/y);
    return values;
  }

  scalar(): Scalar {
    const text = this.take(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w:.+-]+/y);
    if (/^["']/.test(text)) return text.slice(1, -1).replace(/\\(.)/g, '$1');
    if (text === 'true' || text === 'false') return text === 'true';
    return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }

  has(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found !== null;
  }

  take(pattern: RegExp): string {
    const from = this.at;
    if (!this.has(pattern)) this.fail();
    return this.text.slice(from, this.at);
  }

  fail(): never {
    throw new FilterError(`The filter cannot be read at character ${this.at + 1}: ${this.text}`);
  }
}
