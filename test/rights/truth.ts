import {
  type DocumentNode,
  execute,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Access } from '#gateway/rights/access.ts';
import type { Answer, Bench } from '../oracle/answers.ts';
import type { GeneratedOperation } from '../oracle/operations.ts';
import { type Call, fieldResolver, typeResolver } from '../oracle/world.ts';
import type { Requirements, Rule } from './requirements.ts';
import { meets } from './viewers.ts';

/** Who asks, of a supergraph that requires something. */
export interface Asking {
  readonly viewer: Viewer;
  readonly access: Access;
  readonly requirements: Requirements;
}

/** Tells from the requirements alone what a viewer may have. */
export interface Judge {
  /** Whether `Type.field` of an object of that type may be had, however it is asked for. */
  readonly mayHave: (type: string, field: string) => boolean;
  /** Whether a field may be asked on a type of the schema, perhaps an interface. */
  readonly mayAsk: (type: string, field: string) => boolean;
  /** Whether objects of a type may be seen where a union or interface is asked. */
  readonly maySee: (type: string) => boolean;
  readonly mayRead: (coordinate: string) => boolean;
}

/** Judges on the whole supergraph schema. */
export function judgeOf(supergraph: GraphQLSchema, { viewer, access, requirements }: Asking): Judge {
  const holds = (coordinate: string): boolean =>
    (requirements.rules.get(coordinate) ?? []).every((rule: Rule) => meets(rule, viewer, access));
  const returned = (type: string, field: string): string => {
    const holder = supergraph.getType(type);
    const found = isObjectType(holder) || isInterfaceType(holder) ? holder.getFields()[field] : undefined;
    return found === undefined ? '' : getNamedType(found.type).name;
  };
  const own = (type: string, field: string): boolean =>
    holds(type) && holds(`${type}.${field}`) && holds(returned(type, field));
  const ofAll = (type: GraphQLInterfaceType, field: string): boolean =>
    own(type.name, field) && supergraph.getPossibleTypes(type).every(({ name }) => own(name, field));
  const mayHave = (type: string, field: string): boolean => {
    const holder = supergraph.getType(type);
    if (!isObjectType(holder)) return own(type, field);
    const isOfInterface = holder
      .getFields()
      [field]?.astNode?.directives?.some(
        ({ name, arguments: given }) => name.value === 'join__field' && (given ?? []).length === 0,
      );
    const around = holder.getInterfaces().filter((each) => field in each.getFields());
    return own(type, field) && (!isOfInterface || around.every((each) => ofAll(each, field)));
  };
  const mayAsk = (type: string, field: string): boolean => {
    const holder = supergraph.getType(type);
    return isInterfaceType(holder) ? ofAll(holder, field) : mayHave(type, field);
  };
  return {
    mayHave,
    mayAsk,
    maySee: holds,
    mayRead: (coordinate) =>
      (requirements.reads.get(coordinate) ?? []).every((named) => {
        const [type = '', field = ''] = named.split('.');
        return mayAsk(type, field);
      }),
  };
}

/** The answer of graphql-js over one merged schema in which what is denied fails as a resolver would. */
export async function allowedAnswer(
  bench: Bench,
  operation: GeneratedOperation,
  call: Call,
  judge: Judge,
): Promise<Answer> {
  const document = parse(operation.text);
  const parents = parentTypes(bench.merged, document);
  const resolve = fieldResolver('merged');
  const resolveField: GraphQLFieldResolver<unknown, Call> = (source, args, context, info) => {
    for (const node of info.fieldNodes) {
      const parent = parents.get(node) ?? '';
      if (!judge.mayAsk(parent, info.fieldName)) throw new Error(`${parent}.${info.fieldName} is denied.`);
      if (!readsOf(bench.merged, parent, info.fieldName, args).every(judge.mayRead)) {
        throw new Error(`${parent}.${info.fieldName} is denied with these arguments.`);
      }
    }
    return resolve(source, args, context, info);
  };
  const resolveType: GraphQLTypeResolver<unknown, Call> = (value, context, info, type) => {
    const name = typeResolver(value as never, context, info, type) as string;
    if (!judge.maySee(name)) throw new Error('An object is denied.');
    return name;
  };
  const result = await execute({
    schema: bench.merged,
    document,
    variableValues: operation.variables,
    contextValue: call,
    fieldResolver: resolveField,
    typeResolver: resolveType,
  });
  return {
    data: JSON.stringify(result.data ?? null),
    errorPaths: (result.errors ?? []).map(({ path }) => JSON.stringify(path ?? null)).sort(),
    log: call.log,
  };
}

/** Each field's parent as the document has it, which may be an interface where the object is of another type. */
function parentTypes(schema: GraphQLSchema, document: DocumentNode): ReadonlyMap<FieldNode, string> {
  const parents = new Map<FieldNode, string>();
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field(node) {
        parents.set(node, typeInfo.getParentType()?.name ?? '');
      },
    }),
  );
  return parents;
}

/** The coordinates of everything that is given to a field. */
function readsOf(
  schema: GraphQLSchema,
  parent: string,
  field: string,
  args: Readonly<Record<string, unknown>>,
): string[] {
  const type = schema.getType(parent);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const holders = isInterfaceType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
  const found: string[] = [];
  const search = (input: GraphQLInputType, value: unknown): void => {
    if (value === null || value === undefined) return;
    if (isNonNullType(input)) {
      search(input.ofType, value);
    } else if (isListType(input)) {
      for (const each of value as unknown[]) search(input.ofType, each);
    } else if (isEnumType(input)) {
      found.push(`${input.name}.${value}`);
    } else if (isInputObjectType(input)) {
      for (const [name, inner] of Object.entries(value as object)) {
        found.push(`${input.name}.${name}`);
        search(input.getFields()[name]!.type, inner);
      }
    }
  };
  for (const argument of type.getFields()[field]?.args ?? []) {
    if (!(argument.name in args)) continue;
    found.push(...holders.map(({ name }) => `${name}.${field}(${argument.name}:)`));
    search(argument.type, args[argument.name]);
  }
  return found;
}
