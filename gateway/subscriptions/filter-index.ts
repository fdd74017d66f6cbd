import { type EventEnvelope, type RoutingKey, routingKeys } from '#events/envelope.ts';

/** What one wants of a tenant's events: some types, and of those whatever meets all conditions. */
export interface Wish {
  readonly types: readonly string[];
  readonly conditions: readonly Condition[];
}

export interface Condition {
  /** One of these has to have the value. */
  readonly attributes: readonly RoutingKey[];
  readonly value: string;
}

/** Routing keys that an event does not carry itself and that were found out. */
export type Found = { readonly [Key in RoutingKey]?: string };

const nothingFound: Found = {};

/** Finds those who want an event without asking anybody else. */
export interface FilterIndex<Wisher extends object> {
  readonly add: (wisher: Wisher, wish: Wish) => void;
  readonly remove: (wisher: Wisher, wish: Wish) => void;
  /** Each once. */
  readonly wanting: (event: EventEnvelope, found?: Found) => ReadonlySet<Wisher>;
  readonly wantsType: (type: string) => boolean;
  readonly isEmpty: () => boolean;
}

/** Whether an event of one of the types meets the conditions. */
export function meets(conditions: Wish['conditions'], event: EventEnvelope, found: Found = nothingFound) {
  return conditions.every(({ attributes, value }) =>
    attributes.some((key) => (event[key] ?? found[key]) === value),
  );
}

interface OfType<Wisher> {
  /** Those without a condition. */
  readonly everybody: Map<Wisher, Wish>;
  /** By attribute and value of the first condition: as a rule one is enough, and the others are compared. */
  readonly byValue: Map<RoutingKey, Map<string, Map<Wisher, Wish>>>;
}

export function createFilterIndex<Wisher extends object>(): FilterIndex<Wisher> {
  const byType = new Map<string, OfType<Wisher>>();

  function add(type: string, wisher: Wisher, wish: Wish): void {
    let ofType = byType.get(type);
    if (ofType === undefined) {
      ofType = { everybody: new Map(), byValue: new Map() };
      byType.set(type, ofType);
    }
    const [condition] = wish.conditions;
    if (condition === undefined) {
      ofType.everybody.set(wisher, wish);
      return;
    }
    for (const attribute of condition.attributes) {
      const values = ofType.byValue.get(attribute) ?? new Map<string, Map<Wisher, Wish>>();
      ofType.byValue.set(attribute, values);
      const wishers = values.get(condition.value) ?? new Map<Wisher, Wish>();
      values.set(condition.value, wishers);
      wishers.set(wisher, wish);
    }
  }

  function remove(type: string, wisher: Wisher, wish: Wish): void {
    const ofType = byType.get(type);
    if (ofType === undefined) return;
    const [condition] = wish.conditions;
    ofType.everybody.delete(wisher);
    for (const attribute of condition?.attributes ?? []) {
      const values = ofType.byValue.get(attribute);
      const wishers = values?.get(condition!.value);
      if (wishers?.delete(wisher) && wishers.size === 0) values!.delete(condition!.value);
      if (values?.size === 0) ofType.byValue.delete(attribute);
    }
    if (ofType.everybody.size === 0 && ofType.byValue.size === 0) byType.delete(type);
  }

  return {
    add: (wisher, wish) => {
      for (const type of wish.types) add(type, wisher, wish);
    },
    remove: (wisher, wish) => {
      for (const type of wish.types) remove(type, wisher, wish);
    },
    wanting: (event, found = nothingFound) => {
      const ofType = byType.get(event.type);
      if (ofType === undefined) return new Set();
      const wanting = new Set(ofType.everybody.keys());
      for (const key of routingKeys) {
        const value = event[key] ?? found[key];
        const wishers = value === undefined ? undefined : ofType.byValue.get(key)?.get(value);
        for (const [wisher, { conditions }] of wishers ?? []) {
          if (conditions.length === 1 || meets(conditions, event, found)) wanting.add(wisher);
        }
      }
      return wanting;
    },
    wantsType: (type) => byType.has(type),
    isEmpty: () => byType.size === 0,
  };
}
