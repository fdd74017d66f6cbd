import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, Kind, parse, visit } from 'graphql';

const federationFields = ['_entities', '_service'];
const federationTypes = ['_Any', '_Entity', '_Service'];

/**
 * A subgraph's schema from what it says of itself by `{ _service { sdl } }`. Some servers show what the federation
 * adds as well, which is then left out and made again.
 */
export function providerSchema(sdl: string): GraphQLSchema {
  const named = ({ name }: { readonly name: { readonly value: string } }) =>
    federationTypes.includes(name.value) ? null : undefined;
  return buildSubgraphSchema(
    visit(parse(sdl), {
      [Kind.FIELD_DEFINITION]: ({ name }) => (federationFields.includes(name.value) ? null : undefined),
      [Kind.SCALAR_TYPE_DEFINITION]: named,
      [Kind.UNION_TYPE_DEFINITION]: named,
      [Kind.OBJECT_TYPE_DEFINITION]: named,
    }),
  );
}
