import type { Actor, Change, Reference } from './changes.ts';
import type { Clock } from './clock.ts';
import { invalidRequest } from './errors.ts';
import { kinds, type ObjectType } from './schema.ts';

interface Link {
  readonly from: ObjectType;
  readonly to: ObjectType;
  /** The id of the type without a label, and the same seen from the other end. */
  readonly plain: readonly [number, number];
  /** Where one of many may be the primary one of `from`. */
  readonly primary?: readonly [number, number];
}

/** What HubSpot itself defines; the ids of contacts, companies and deals are the SDK's AssociationTypes. */
const links: readonly Link[] = [
  { from: 'contacts', to: 'companies', plain: [279, 280], primary: [1, 2] },
  { from: 'deals', to: 'companies', plain: [341, 342], primary: [5, 6] },
  { from: 'deals', to: 'contacts', plain: [3, 4] },
  { from: 'leads', to: 'contacts', plain: [608, 609], primary: [578, 579] },
  { from: 'leads', to: 'companies', plain: [610, 611], primary: [580, 581] },
];

const flipped = ({ from, to, plain, primary }: Link): Link => ({
  from: to,
  to: from,
  plain: [plain[1], plain[0]],
  ...(primary && { primary: [primary[1], primary[0]] }),
});

const isBetween = (from: ObjectType, to: ObjectType) => (link: Link) => link.from === from && link.to === to;

const bothWays = [...links, ...links.map(flipped)];

/** As seen from one end. @throws Refusal 400 where HubSpot defines nothing between the two */
function linkBetween(from: ObjectType, to: ObjectType): Link {
  const link = bothWays.find(isBetween(from, to));
  if (link === undefined) {
    throw invalidRequest(`No association types are defined between ${from} and ${to}.`);
  }
  return link;
}

export interface Association {
  readonly id: string;
  /** The plain type, and the primary one before it where this is the primary association. */
  readonly typeIds: readonly number[];
}

export interface Associations {
  /** By ascending id. */
  readonly of: (from: Reference, to: ObjectType) => readonly Association[];
  /** The type that a default association is of, and that of the primary one where there is such. */
  readonly typeIds: (
    from: ObjectType,
    to: ObjectType,
  ) => { readonly plain: number; readonly primary?: number };
  /** What a type of association leads to, by its id alone. */
  readonly targetOf: (from: ObjectType, typeId: number) => ObjectType | undefined;
  /** Throws 400 for a type that is not defined between the two. */
  readonly checkType: (from: ObjectType, to: ObjectType, typeId: number) => void;
  /** Both ends at once. The first association of a kind that has primaries becomes the primary one. */
  readonly link: (from: Reference, to: Reference, typeId: number, by: Actor | null) => void;
  readonly unlink: (from: Reference, to: Reference, by: Actor | null) => void;
}

interface AssociationsOptions {
  readonly clock: Clock;
  /** Whether a record can be seen: what is archived keeps its associations for when it comes back. */
  readonly isThere: (reference: Reference) => boolean;
  readonly onChange: (change: Change) => void;
}

export function createAssociations({ clock, isThere, onChange }: AssociationsOptions): Associations {
  const stored = new Map<string, Map<string, Set<number>>>();

  function typesOf(from: Reference, to: Reference): Set<number> {
    const key = `${from.type}/${from.id}/${to.type}`;
    const ends = stored.get(key) ?? new Map<string, Set<number>>();
    stored.set(key, ends);
    const types = ends.get(to.id) ?? new Set<number>();
    ends.set(to.id, types);
    return types;
  }

  const of: Associations['of'] = (from, to) => {
    const { primary } = linkBetween(from.type, to);
    return [...(stored.get(`${from.type}/${from.id}/${to}`) ?? [])]
      .filter(([id, types]) => types.size > 0 && isThere({ type: to, id }))
      .map(([id, types]) => ({
        id,
        typeIds: [...types].sort((one) => (one === primary?.[0] ? -1 : 1)),
      }))
      .sort((one, other) => Number(one.id) - Number(other.id));
  };

  function put(
    from: Reference,
    to: Reference,
    typeIds: readonly [number, number],
    by: Actor | null,
    primary: boolean,
  ) {
    const ends = [
      { from, to, typeId: typeIds[0] },
      { from: to, to: from, typeId: typeIds[1] },
    ];
    for (const end of ends) {
      const types = typesOf(end.from, end.to);
      if (types.has(end.typeId)) continue;
      types.add(end.typeId);
      if (by !== null)
        onChange({ kind: 'associationChange', ...end, at: clock.now(), by, primary, removed: false });
    }
  }

  function take(
    from: Reference,
    to: Reference,
    typeIds: readonly [number, number],
    by: Actor | null,
    primary: boolean,
  ) {
    const ends = [
      { from, to, typeId: typeIds[0] },
      { from: to, to: from, typeId: typeIds[1] },
    ];
    for (const end of ends) {
      if (!typesOf(end.from, end.to).delete(end.typeId)) continue;
      if (by !== null)
        onChange({ kind: 'associationChange', ...end, at: clock.now(), by, primary, removed: true });
    }
  }

  /** The end that has a primary: of a contact and a company it is the contact. */
  function ordered(from: Reference, to: Reference): readonly [Reference, Reference] {
    return links.some(isBetween(from.type, to.type)) ? [from, to] : [to, from];
  }

  const checkType: Associations['checkType'] = (from, to, typeId) => {
    const { plain, primary } = linkBetween(from, to);
    if (typeId === plain[0] || typeId === primary?.[0]) return;
    const ends = `${kinds[from].singular} to ${kinds[to].singular}`;
    throw invalidRequest(`Association type id ${typeId} doesn't exist between ${ends}.`);
  };

  return {
    of,
    typeIds: (from, to) => {
      const { plain, primary } = linkBetween(from, to);
      return { plain: plain[0], primary: primary?.[0] };
    },
    targetOf: (from, typeId) =>
      bothWays.find((each) => each.from === from && [each.plain[0], each.primary?.[0]].includes(typeId))?.to,
    checkType,
    link: (one, other, typeId, by) => {
      checkType(one.type, other.type, typeId);
      const [from, to] = ordered(one, other);
      const { plain, primary } = linkBetween(from.type, to.type);
      if (primary !== undefined) {
        const present = of(from, to.type).find(({ typeIds }) => typeIds.includes(primary[0]));
        const asked = primary.includes(typeId);
        if (asked && present !== undefined && present.id !== to.id) {
          take(from, { type: to.type, id: present.id }, primary, by, true);
        }
        if (asked || present === undefined) put(from, to, primary, by, true);
      }
      put(from, to, plain, by, false);
    },
    unlink: (one, other, by) => {
      const [from, to] = ordered(one, other);
      const { plain, primary } = linkBetween(from.type, to.type);
      if (primary !== undefined) take(from, to, primary, by, true);
      take(from, to, plain, by, false);
    },
  };
}
