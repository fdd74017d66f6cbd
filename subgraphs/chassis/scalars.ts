import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTimeISO, GraphQLLocalDate } from 'graphql-scalars';

const decimalText = /^-?\d+(\.\d+)?$/;

function decimal(value: unknown): string {
  if (typeof value === 'string' && decimalText.test(value)) return value;
  throw new GraphQLError(`Decimal must be text such as "1234.50", not ${JSON.stringify(value)}.`, {
    extensions: { code: 'INVALID_ARGUMENT' },
  });
}

/** Decimal number as text, so that no reader turns it into a float. */
const GraphQLDecimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  serialize: decimal,
  parseValue: decimal,
  parseLiteral: (node) =>
    decimal(
      node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
        ? node.value
        : node.kind,
    ),
});

/** Times are stored as RFC 3339 text in UTC and leave as they are: parsing each would only cost time. */
const GraphQLDateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
  parseValue: (value) => GraphQLDateTimeISO.parseValue(value).toISOString(),
  parseLiteral: (node) => GraphQLDateTimeISO.parseLiteral(node, undefined).toISOString(),
});

/** The scalars that every subgraph's schema may declare. */
export const scalars = {
  DateTime: GraphQLDateTime,
  Date: GraphQLLocalDate,
  Decimal: GraphQLDecimal,
} as const;
