/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const text = { type: 'string' } as const;

/** What every route's answers are made of, whatever the operation is. */
export const sharedSchemas: Readonly<Record<string, JsonSchema>> = {
  Source: {
    type: 'object',
    description: 'What one system contributed to the answer.',
    properties: {
      status: {
        enum: ['OK', 'STALE', 'ERROR', 'UNAVAILABLE', 'TIMEOUT', 'NOT_ASKED'],
        description:
          '`STALE`: it answered, with something older than it should be. `ERROR`: it answered, with errors among the answer. `NOT_ASKED`: there was nothing to ask it for.',
      },
      latencyMs: {
        type: ['number', 'null'],
        description: 'Of its slowest fetch; null where there was none.',
      },
      observedAt: {
        type: ['string', 'null'],
        format: 'date-time',
        description: 'The oldest observation in what it contributed; null where it said no such thing.',
      },
      ageMs: {
        type: ['number', 'null'],
        description: 'How old the oldest is of what is older than it should be; null where nothing is.',
      },
    },
    required: ['status', 'latencyMs', 'observedAt', 'ageMs'],
  },
  GraphQLError: {
    type: 'object',
    description: 'Why something in the answer is null.',
    properties: {
      message: text,
      path: {
        type: 'array',
        items: { type: ['string', 'integer'] },
        description: 'Where in the answer, from the root field on.',
      },
      locations: {
        type: 'array',
        items: {
          type: 'object',
          properties: { line: { type: 'integer' }, column: { type: 'integer' } },
        },
      },
      extensions: {
        type: 'object',
        properties: {
          code: { ...text, description: 'Stable, for programs.' },
          subgraph: { ...text, description: 'The system that caused it, where one did.' },
        },
        required: ['code'],
      },
    },
    required: ['message', 'extensions'],
  },
  Problem: {
    type: 'object',
    description: 'What went wrong, as RFC 9457 has it.',
    properties: {
      type: { ...text, format: 'uri', description: 'A URN of the code.' },
      title: text,
      status: { type: 'integer' },
      detail: text,
      instance: { ...text, description: 'The path that was asked for.' },
      code: { ...text, description: 'Stable, for programs.' },
      requestId: text,
      sources: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Source' } },
      errors: { type: 'array', items: { $ref: '#/components/schemas/GraphQLError' } },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  },
};
