import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from 'graphql';

/** A random operation that is valid against its schema, with values for its variables. */
export interface GeneratedOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Names that are hard on executors: fields' own names, and what every object answers to. */
const HARD_ALIASES = ['id', 'name', 'constructor', '__proto__', 'toString', '__typename'];
const MAX_DEPTH = 6;

/**
 * Writes an operation from a list of choices. Each choice picks among alternatives of which the first is the
 * plainest, and 0 is taken when the list is used up: a shorter list with smaller numbers gives a simpler
 * operation, so shrinking the list shrinks the operation.
 */
export function writeOperation(
  schema: GraphQLSchema,
  kind: 'query' | 'mutation',
  choices: readonly number[],
): GeneratedOperation {
  for (const mayClash of [true, false]) {
    const operation = new OperationText(schema, kind, choices, mayClash).write();
    if (validate(schema, parse(operation.text)).length === 0) return operation;
  }
  throw new Error(`No valid operation from ${JSON.stringify(choices)}.`);
}

class OperationText {
  readonly #schema: GraphQLSchema;
  readonly #kind: 'query' | 'mutation';
  readonly #choices: readonly number[];
  readonly #mayClash: boolean;
  #next = 0;
  #aliases = 0;
  /** Response name → what it stands for, so that fields of one name can be merged. */
  readonly #meanings = new Map<string, string>();
  readonly #fragments: { name: string; type: string; text: string }[] = [];
  readonly #definitions = new Map<string, string>();
  readonly #values: Record<string, unknown> = {};

  constructor(
    schema: GraphQLSchema,
    kind: 'query' | 'mutation',
    choices: readonly number[],
    mayClash: boolean,
  ) {
    this.#schema = schema;
    this.#kind = kind;
    this.#choices = choices;
    this.#mayClash = mayClash;
  }

  write(): GeneratedOperation {
    const root = this.#kind === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType();
    if (!root) throw new Error(`The schema has no ${this.#kind} type.`);
    const selections = this.#selections(root, 0);
    const definitions = [...this.#definitions].map(([name, type]) => `$${name}: ${type}`).join(', ');
    const fragments = this.#fragments.map(({ name, type, text }) => `fragment ${name} on ${type} ${text}`);
    const head = `${this.#kind} Generated${definitions === '' ? '' : `(${definitions})`} `;
    return { text: [head + selections, ...fragments].join('\n'), variables: this.#values };
  }

  /** A number below `count`; small ones are plain. */
  #pick(count: number): number {
    const choice = this.#choices[this.#next++] ?? 0;
    return choice % count;
  }

  #oneIn(count: number): boolean {
    return this.#pick(count) === count - 1;
  }

  #selections(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + this.#pick(depth === 0 ? 4 : 5);
    const parts: string[] = [];
    for (let i = 0; i < count; i++) parts.push(this.#selection(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const form = this.#pick(10);
    if (form >= 7 && depth < MAX_DEPTH && (type !== this.#schema.getMutationType() || form === 9)) {
      return form === 9 ? this.#namedFragment(type, depth) : this.#inlineFragment(type, depth);
    }
    return this.#field(type, depth);
  }

  #field(type: GraphQLCompositeType, depth: number): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const usable = fields.filter((field) => depth < MAX_DEPTH || !isCompositeType(getNamedType(field.type)));
    if (usable.length === 0 || this.#oneIn(9)) {
      return `${this.#alias('__typename', '__typename:String!')}${this.#directives()}`;
    }
    const field = usable[this.#pick(usable.length)]!;
    const args = this.#arguments(field.args);
    const alias = this.#alias(field.name, `${field.name}${args}:${field.type}`);
    const named = getNamedType(field.type);
    const nested = isCompositeType(named) ? ` ${this.#selections(named, depth + 1)}` : '';
    return `${alias}${args}${this.#directives()}${nested}`;
  }

  #alias(fieldName: string, meaning: string): string {
    const form = this.#pick(8);
    let name = fieldName;
    if (form === 5) name = 'ab'[this.#pick(2)]!;
    if (form === 6) name = HARD_ALIASES[this.#pick(HARD_ALIASES.length)]!;
    if (form === 7) name = `${fieldName}Again`;
    const before = this.#meanings.get(name);
    if (before !== undefined && before !== meaning && !this.#mayClash) name = `alias${this.#aliases++}`;
    this.#meanings.set(name, meaning);
    return name === fieldName ? fieldName : `${name}: ${fieldName}`;
  }

  #inlineFragment(type: GraphQLCompositeType, depth: number): string {
    const conditions = this.#overlapping(type);
    const condition = this.#oneIn(4) ? undefined : conditions[this.#pick(conditions.length)]!;
    const on = condition ? ` on ${condition.name}` : '';
    return `...${on}${this.#directives()} ${this.#selections(condition ?? type, depth + 1)}`;
  }

  #namedFragment(type: GraphQLCompositeType, depth: number): string {
    const conditions = this.#overlapping(type);
    const present = this.#fragments.filter(({ type: on }) => conditions.some(({ name }) => name === on));
    if (present.length > 0 && this.#pick(2) === 1) {
      return `...${present[this.#pick(present.length)]!.name}${this.#directives()}`;
    }
    const condition = conditions[this.#pick(conditions.length)]!;
    const text = this.#selections(condition, depth + 1);
    const name = `F${this.#fragments.length}`;
    this.#fragments.push({ name, type: condition.name, text });
    return `...${name}${this.#directives()}`;
  }

  /** The types that a fragment may have here, the type itself first. */
  #overlapping(type: GraphQLCompositeType): GraphQLCompositeType[] {
    const possible = new Set(this.#possible(type));
    const others = Object.values(this.#schema.getTypeMap()).filter(
      (other): other is GraphQLCompositeType =>
        isCompositeType(other) &&
        other !== type &&
        !other.name.startsWith('__') &&
        this.#possible(other).some((name) => possible.has(name)),
    );
    return [type, ...others];
  }

  #possible(type: GraphQLCompositeType): string[] {
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type).map(({ name }) => name) : [type.name];
  }

  #directives(): string {
    const form = this.#pick(14);
    if (form < 10) return '';
    const condition = (): string => {
      const choice = this.#pick(5);
      if (choice === 4) return String(this.#pick(2) === 0);
      const name = `on${choice}`;
      this.#define(name, 'Boolean!', this.#pick(2) === 0);
      return `$${name}`;
    };
    if (form === 10) return ` @skip(if: ${condition()})`;
    if (form === 13) return ` @include(if: ${condition()}) @skip(if: ${condition()})`;
    return ` @include(if: ${condition()})`;
  }

  #define(name: string, type: string, value: unknown): void {
    if (this.#definitions.has(name)) return;
    this.#definitions.set(name, type);
    this.#values[name] = value;
  }

  #arguments(args: readonly GraphQLArgument[]): string {
    const parts: string[] = [];
    for (const arg of args) {
      const required = isNonNullType(arg.type) && arg.defaultValue === undefined;
      if (!required && this.#pick(3) === 0) continue;
      if (this.#pick(3) === 2) parts.push(`${arg.name}: ${this.#variable(arg)}`);
      else parts.push(`${arg.name}: ${literal(this.#value(arg.type), arg.type)}`);
    }
    return parts.length === 0 ? '' : `(${parts.join(', ')})`;
  }

  #variable(arg: GraphQLArgument): string {
    const name =
      this.#oneIn(12) && !this.#definitions.has('representations')
        ? 'representations'
        : `v${this.#definitions.size}`;
    const value = this.#value(arg.type);
    this.#definitions.set(name, String(arg.type));
    // A nullable variable may also be left out.
    if (isNonNullType(arg.type) || this.#pick(4) !== 3) this.#values[name] = value;
    return `$${name}`;
  }

  #value(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return this.#plainValue(type.ofType);
    return this.#oneIn(6) ? null : this.#plainValue(type);
  }

  #plainValue(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return this.#plainValue(type.ofType);
    if (isListType(type)) return Array.from({ length: this.#pick(3) }, () => this.#value(type.ofType));
    if (isEnumType(type)) return type.getValues()[this.#pick(type.getValues().length)]!.name;
    if (isInputObjectType(type)) {
      const entries: [string, unknown][] = [];
      for (const field of Object.values(type.getFields())) {
        const required = isNonNullType(field.type) && field.defaultValue === undefined;
        if (required || this.#pick(2) === 1) entries.push([field.name, this.#value(field.type)]);
      }
      return Object.fromEntries(entries);
    }
    switch (type.name) {
      case 'Int':
        return this.#pick(5);
      case 'Float':
        return this.#pick(5) / 2;
      case 'Boolean':
        return this.#pick(2) === 1;
      case 'ID':
        return String(1 + this.#pick(4));
      default:
        return ['USD', 'EUR', 'é"\\\n', ''][this.#pick(4)];
    }
  }
}

function literal(value: unknown, type: GraphQLInputType): string {
  if (value === null) return 'null';
  if (isNonNullType(type)) return literal(value, type.ofType);
  if (isListType(type))
    return `[${(value as unknown[]).map((each) => literal(each, type.ofType)).join(', ')}]`;
  if (isEnumType(type)) return String(value);
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const parts = Object.entries(value as object).map(
      ([key, each]) => `${key}: ${literal(each, fields[key]!.type)}`,
    );
    return `{ ${parts.join(', ')} }`;
  }
  return JSON.stringify(value);
}
