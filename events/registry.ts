import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';
import { eventDefinitions } from './schemas/index.ts';

/** Every version of every event by its type. */
export type Registry = ReadonlyMap<string, EventDefinition>;

/**
 * Makes a registry of definitions. Throws an Error that names every definition that is not sound: a type defined twice,
 * a version that skips one, an order by a key that the event does not carry, an example of another shape.
 */
export function registryOf(definitions: readonly EventDefinition[]): Registry {
  const registry = new Map<string, EventDefinition>();
  const faults: string[] = [];
  for (const definition of definitions) {
    const { type, orderedBy, routing, version, owner, name } = definition;
    if (registry.has(type)) faults.push(`${type} is defined twice`);
    registry.set(type, definition);
    if (orderedBy !== 'subject' && !routing.includes(orderedBy)) {
      faults.push(`${type} is ordered by ${orderedBy}, which is none of its routing keys`);
    }
    if (version > 1 && !definitions.some((other) => other.type === typeOf(owner, name, version - 1))) {
      faults.push(`${type} has no version ${version - 1} before it`);
    }
    const example = definition.data.safeParse(definition.example);
    if (!example.success) {
      faults.push(`the example of ${type} is not of its shape: ${z.prettifyError(example.error)}`);
    }
  }
  if (faults.length > 0) throw new Error(`The events cannot be registered: ${faults.join('; ')}.`);
  return registry;
}

/** The events of this house. */
export const registry: Registry = registryOf(eventDefinitions);

function typeOf(owner: string, name: string, version: number): string {
  return `tributary.${owner}.${name}.v${version}`;
}
