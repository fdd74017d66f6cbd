import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { JsonSchema } from '#gateway/transports/openapi-shared.ts';

export interface FieldsProps {
  readonly schema: JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** The members of an object's schema, each with its type; what is below one opens on request. */
export function Fields({ schema, components }: FieldsProps): VNode {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>);
  return html`
    <ul class="tree">
      ${properties.map(([name, field]) => {
        const label = html`<code>${name}</code> <small>${typeName(field)}</small>`;
        const description = field.description ? html`<span class="quiet">${field.description}</span>` : null;
        const below = objectOf(field, components);
        return html`
          <li key=${name}>
            ${
              below === null
                ? html`${label} ${description}`
                : html`
                    <details>
                      <summary>${label} ${description}</summary>
                      <${Fields} schema=${below} components=${components} />
                    </details>
                  `
            }
          </li>
        `;
      })}
    </ul>
  `;
}

/** "DateTime or null", "list of objects". */
export function typeName(schema: JsonSchema): string {
  const { $ref, anyOf, type, items, additionalProperties } = schema;
  if (typeof $ref === 'string') return $ref.split('/').at(-1) as string;
  if (Array.isArray(anyOf)) return anyOf.map(typeName).join(' or ');
  const types = [type ?? 'any'].flat().map((one) => {
    if (one === 'array') return `list of ${typeName((items ?? {}) as JsonSchema)}`;
    return one === 'object' && additionalProperties
      ? `object of ${typeName(additionalProperties as JsonSchema)}`
      : one;
  });
  return types.join(' or ');
}

/** The schema with members that a schema leads to, through lists and references; null for a leaf. */
function objectOf(schema: JsonSchema, components: FieldsProps['components']): JsonSchema | null {
  if (schema.properties) return schema;
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  const next = (name && components[name]) || schema.items || schema.additionalProperties;
  if (next && typeof next === 'object') return objectOf(next as JsonSchema, components);
  const some = Array.isArray(schema.anyOf) ? schema.anyOf.map((one) => objectOf(one, components)) : [];
  return some.find((one) => one !== null) ?? null;
}
