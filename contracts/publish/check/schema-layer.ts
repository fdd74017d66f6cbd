import { CriticalityLevel, type Change as Difference, diff } from '@graphql-inspector/core';
import { isObjectType } from 'graphql';
import type { Change } from './change.ts';
import { federationFindings } from './federation-changes.ts';
import type { Finding } from './finding.ts';
import { affectedBy, type Use } from './operation-uses.ts';

/**
 * Breaking and dangerous differences between the published schema of the subgraph and the new one, each weighed against
 * what known operations use: what nobody uses may go, and is said. What changes in type is judged by the static layer.
 */
export async function schemaFindings(change: Change): Promise<readonly Finding[]> {
  const { before, after } = change;
  if (before?.schema === undefined || after.schema === undefined) return [];
  const differences = await diff(before.schema, after.schema);
  return [
    ...differences.filter(isOfTheGraph).flatMap((difference) => weigh(difference, change) ?? []),
    ...federationFindings(change, before),
  ];
}

/** What a difference is to the operations that use it. */
interface Weight {
  readonly coordinate: string;
  readonly uses: readonly Use[];
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

/** Directives are read by `federation-changes.ts`, which knows what they mean; `_entities` follows from the keys. */
function isOfTheGraph({ type, path = '' }: Difference): boolean {
  return !type.startsWith('DIRECTIVE_') && !/^(_|Query\._)/.test(path);
}

/** Differences whose effect depends on the two types: the static layer says who breaks. */
const typed: ReadonlySet<string> = new Set([
  'FIELD_TYPE_CHANGED',
  'FIELD_ARGUMENT_TYPE_CHANGED',
  'FIELD_ARGUMENT_ADDED',
  'INPUT_FIELD_TYPE_CHANGED',
  'INPUT_FIELD_ADDED',
  'ENUM_VALUE_ADDED',
  'UNION_MEMBER_ADDED',
  'OBJECT_TYPE_INTERFACE_ADDED',
]);

function weigh(difference: Difference, change: Change): Finding | undefined {
  const { type, path = '', message, criticality, meta } = difference;
  if (type === 'FIELD_DEPRECATION_ADDED') return deprecation(`${meta.typeName}.${meta.fieldName}`, change);
  if (criticality.level === CriticalityLevel.NonBreaking) return undefined;
  if (typed.has(type)) {
    const isUsed = change.uses.of(type.endsWith('_ADDED') ? around(path) : path).length > 0;
    const isBreaking = criticality.level === CriticalityLevel.Breaking;
    return isUsed || !isBreaking ? undefined : unused(codeOf(type), path, message, change);
  }
  const weight = weightOf(difference, change);
  if (weight.uses.length === 0) return unused(codeOf(type), weight.coordinate, message, change);
  return {
    layer: 'schema',
    severity: weight.severity,
    code: codeOf(type),
    message: weight.message,
    coordinate: weight.coordinate,
    at: change.after.places.nearest(weight.coordinate.replace('=', '.')),
    breaks: affectedBy(weight.uses),
    remedy: weight.remedy,
  };
}

function weightOf({ type, path = '', message, meta }: Difference, change: Change): Weight {
  const { uses } = change;
  const gone = {
    coordinate: path,
    uses: uses.of(path),
    severity: 'error',
    message: `${path} is gone.${forTheGateway(uses.of(path))}`,
    remedy: `Keep ${path}, mark it @deprecated(reason: "…"), and take it out when nobody asks for it.`,
  } as const;
  switch (type) {
    case 'FIELD_REMOVED': {
      const heir = likelyHeir(path, change);
      return heir === undefined
        ? gone
        : {
            ...gone,
            message: `${path} is gone; ${heir} looks like its new name.`,
            remedy: `Keep ${path} beside ${heir} and mark it @deprecated(reason: "Use ${heir.split('.')[1]}."), until nobody asks for it.`,
          };
    }
    case 'FIELD_ARGUMENT_REMOVED':
    case 'INPUT_FIELD_REMOVED':
      return {
        ...gone,
        remedy: `Keep ${path} optional, if need be without an effect, and mark it @deprecated(reason: "…"), until nobody sends it.`,
      };
    case 'ENUM_VALUE_REMOVED': {
      const value = `${meta.enumName}.${meta.removedEnumValueName}`;
      const sent = uses.of(value, 'input');
      return {
        ...gone,
        coordinate: value,
        uses: sent,
        message: `${value} is gone, and may be sent.`,
        remedy: `Keep ${value}, mark it @deprecated(reason: "…"), and take it out when nobody sends it.`,
      };
    }
    case 'UNION_MEMBER_REMOVED': {
      const member = `${meta.unionName}=${meta.removedUnionMemberTypeName}`;
      return {
        ...gone,
        coordinate: member,
        uses: uses.of(member),
        message: `${meta.removedUnionMemberTypeName} is no longer in the union ${meta.unionName}.`,
        remedy: `Keep it in the union, even where it is no longer answered, until nobody asks for it there.`,
      };
    }
    case 'OBJECT_TYPE_INTERFACE_REMOVED': {
      const member = `${meta.removedInterfaceName}=${meta.objectTypeName}`;
      return {
        ...gone,
        coordinate: member,
        uses: uses.of(member),
        message: `${meta.objectTypeName} no longer implements ${meta.removedInterfaceName}.`,
        remedy: `Let ${meta.objectTypeName} implement ${meta.removedInterfaceName} until nobody asks for it there.`,
      };
    }
    case 'FIELD_ARGUMENT_DEFAULT_CHANGED': {
      const field = `${meta.typeName}.${meta.fieldName}`;
      const relying = uses.of(field).filter(({ given }) => !given.includes(meta.argumentName));
      return {
        ...gone,
        coordinate: `${field}.${meta.argumentName}`,
        uses: relying,
        severity: 'warning',
        message: `The default of ${field}.${meta.argumentName} was ${meta.oldDefaultValue} and is now ${meta.newDefaultValue}: who leaves it out gets another answer.`,
        remedy: 'Keep the default, or tell these clients.',
      };
    }
    case 'INPUT_FIELD_DEFAULT_VALUE_CHANGED': {
      const name = path.split('.').at(-1) ?? '';
      return {
        ...gone,
        uses: uses.of(around(path), 'input').filter(({ given }) => !given.includes(name)),
        severity: 'warning',
        message: `${message}: who leaves it out gets another answer.`,
        remedy: 'Keep the default, or tell these clients.',
      };
    }
    default:
      return {
        ...gone,
        message: `${message}.`,
        remedy: `Leave ${path} as it was, and add what is new beside it.`,
      };
  }
}

/** `LeadFilter` of `LeadFilter.status`. */
function around(coordinate: string): string {
  return coordinate.split('.').slice(0, -1).join('.') || coordinate;
}

function codeOf(type: string): string {
  return type.replace('FIELD_ARGUMENT', 'ARGUMENT');
}

/** A field that is in no client's document and yet asked for by plans. */
function forTheGateway(uses: readonly Use[]): string {
  return uses.some(({ byClient }) => byClient)
    ? ''
    : ' No document names it: the gateway asks for it as a key or as a required field.';
}

/** The only new field of the type that has the same type and arguments. */
function likelyHeir(path: string, { before, after }: Change): string | undefined {
  const [typename = '', name = ''] = path.split('.');
  const [was, is] = [before?.schema?.getType(typename), after.schema?.getType(typename)];
  if (!isObjectType(was) || !isObjectType(is)) return undefined;
  const old = was.getFields()[name];
  const heirs = Object.values(is.getFields()).filter(
    (field) => was.getFields()[field.name] === undefined && String(field.type) === String(old?.type),
  );
  return heirs.length === 1 ? `${typename}.${heirs[0]?.name}` : undefined;
}

function unused(code: string, coordinate: string, message: string, { after }: Change): Finding {
  return {
    layer: 'schema',
    severity: 'note',
    code,
    message: `${message}. No known operation uses it: allowed.`,
    coordinate,
    at: after.places.nearest(coordinate.replace('=', '.')),
    breaks: [],
    remedy: undefined,
  };
}

function deprecation(path: string, { uses, after }: Change): Finding {
  const users = affectedBy(uses.of(path));
  const who =
    users.length === 0
      ? 'No known operation uses it'
      : `Still asked for by ${users.map(({ client, operation }) => `${operation} of ${client}`).join(', ')}`;
  return {
    layer: 'schema',
    severity: 'note',
    code: 'FIELD_DEPRECATED',
    message: `${path} is deprecated. ${who}.`,
    coordinate: path,
    at: after.places.nearest(path),
    breaks: [],
    remedy: undefined,
  };
}
