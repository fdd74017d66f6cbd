import { type DocumentNode, Kind, visit } from 'graphql';
import type { Change } from './change.ts';
import type { FederationFacts } from './federation-facts.ts';
import type { Finding } from './finding.ts';

/**
 * Conventions, for what is new in the change alone: a schema says who owns it (`extend schema @contact(name: "…")`),
 * new types and fields are described, names have their usual form, and a deprecation has a reason.
 */
export function lintFindings(change: Change): readonly Finding[] {
  return [...ownerFindings(change), ...nameFindings(change), ...deprecationFindings(change)];
}

function ownerFindings({ subgraph, before, after }: Change): readonly Finding[] {
  const isLost = before === undefined || isOwned(before.federation);
  if (!isLost || isOwned(after.federation)) return [];
  return [
    {
      layer: 'lint',
      severity: 'error',
      code: 'OWNER_MISSING',
      message: `Nothing in the schema says who owns ${subgraph}.`,
      coordinate: undefined,
      at: { file: after.file, line: 1 },
      breaks: [],
      remedy:
        'Add "directive @contact(name: String!, url: String, description: String) on SCHEMA" and "extend schema @contact(name: …)".',
    },
  ];
}

function isOwned({ directives }: FederationFacts): boolean {
  return directives.get('schema')?.some(({ name }) => name === 'contact') === true;
}

function nameFindings({ before, after, groundBefore }: Change): readonly Finding[] {
  const isNew = ({ coordinate }: Declared) => before?.places.declares(coordinate) !== true;
  // A type that another subgraph describes needs no second description.
  const isElsewhere = (coordinate: string) => groundBefore?.planner.schema.getType(coordinate) !== undefined;
  return declaredIn(after.typeDefs)
    .filter(isNew)
    .flatMap(({ coordinate, form, isDescribed }): Finding[] => {
      const name = coordinate.split('.').at(-1) as string;
      const about = { layer: 'lint', coordinate, at: after.places.nearest(coordinate), breaks: [] } as const;
      const misnamed = forms[form].test(name)
        ? []
        : ([
            {
              ...about,
              severity: 'error',
              code: 'NAME_FORM',
              message: `${coordinate} is not written in ${form}.`,
              remedy: `Write "${name}" in ${form} now: later that is a breaking change.`,
            },
          ] as const);
      const undescribed =
        isDescribed || isElsewhere(coordinate)
          ? []
          : ([
              {
                ...about,
                severity: 'warning',
                code: 'DESCRIPTION_MISSING',
                message: `${coordinate} is new and not described.`,
                remedy: 'Say in a "…" before it what it is.',
              },
            ] as const);
      return [...misnamed, ...undescribed];
    });
}

function deprecationFindings({ before, after }: Change): readonly Finding[] {
  return [...after.federation.directives].flatMap(([coordinate, applied]) => {
    const bare = applied.find(({ name, arguments: given }) => name === 'deprecated' && given.length === 0);
    const known = before?.federation.directives.get(coordinate) ?? [];
    if (bare === undefined || known.some(({ name }) => name === 'deprecated')) return [];
    return {
      layer: 'lint',
      severity: 'error',
      code: 'REASON_MISSING',
      message: `${coordinate} is deprecated without a reason.`,
      coordinate,
      at: after.places.nearest(coordinate),
      breaks: [],
      remedy: 'Say what to use in its place: @deprecated(reason: "Use …").',
    } as const;
  });
}

const forms = {
  PascalCase: /^_{0,2}[A-Z][A-Za-z0-9]*$/,
  camelCase: /^[a-z][A-Za-z0-9]*$/,
  CAPITALS: /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/,
};

interface Declared {
  readonly coordinate: string;
  readonly form: keyof typeof forms;
  /** True too for what says all by its name. */
  readonly isDescribed: boolean;
}

/** Relay's connections and payloads of mutations explain themselves, and so do their fields and every id. */
const plainType = /(Connection|Edge|Payload|Input)$/;
const plainFields: ReadonlySet<string> = new Set(['id', 'nodes', 'edges', 'node', 'cursor', 'pageInfo']);

function declaredIn(document: DocumentNode): readonly Declared[] {
  const found: Declared[] = [];
  let type = '';
  let field = '';
  visit(document, {
    enter(node) {
      switch (node.kind) {
        case Kind.DIRECTIVE_DEFINITION:
        case Kind.SCHEMA_DEFINITION:
        case Kind.SCHEMA_EXTENSION:
          return false;
        case Kind.OBJECT_TYPE_EXTENSION:
        case Kind.INTERFACE_TYPE_EXTENSION:
        case Kind.INPUT_OBJECT_TYPE_EXTENSION:
        case Kind.ENUM_TYPE_EXTENSION:
          type = node.name.value;
          return undefined;
        case Kind.OBJECT_TYPE_DEFINITION:
        case Kind.INTERFACE_TYPE_DEFINITION:
        case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        case Kind.ENUM_TYPE_DEFINITION:
        case Kind.UNION_TYPE_DEFINITION:
        case Kind.SCALAR_TYPE_DEFINITION:
          type = node.name.value;
          found.push({
            coordinate: type,
            form: 'PascalCase',
            isDescribed: node.description !== undefined || plainType.test(type),
          });
          return undefined;
        case Kind.FIELD_DEFINITION: {
          field = `${type}.${node.name.value}`;
          const isPlain = plainFields.has(node.name.value) || plainType.test(type);
          found.push({
            coordinate: field,
            form: 'camelCase',
            isDescribed: node.description !== undefined || isPlain,
          });
          return undefined;
        }
        case Kind.INPUT_VALUE_DEFINITION: {
          // Fields of inputs stand in a type, arguments in a field.
          const isArgument = field.startsWith(`${type}.`);
          found.push({
            coordinate: `${isArgument ? field : type}.${node.name.value}`,
            form: 'camelCase',
            isDescribed: true,
          });
          return undefined;
        }
        case Kind.ENUM_VALUE_DEFINITION:
          found.push({ coordinate: `${type}.${node.name.value}`, form: 'CAPITALS', isDescribed: true });
          return undefined;
        default:
          return undefined;
      }
    },
    leave(node) {
      if (node.kind === Kind.FIELD_DEFINITION) field = '';
    },
  });
  return found;
}
