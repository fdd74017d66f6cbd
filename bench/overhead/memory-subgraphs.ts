/**
 * All subgraphs of the supergraph in one process, answering from memory, by the schema alone. `DELAY_MS` holds every
 * answer back. Prints the URLs, counts calls, and answers `calls` over IPC.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { readSupergraphConfig } from '#contracts/publish/supergraph-config.ts';
import { memoryAnswers } from './memory-answers.ts';

const delay = Number(process.env.DELAY_MS ?? 0);
/** Rows of a list, and the most of a connection within an entity: about what an account of the demo data has. */
const listSize = 4;
let calls = 0;

interface Source {
  readonly id: string;
  /** Rows of the connection that this object is. */
  readonly size?: number;
}

const anyValue: GraphQLFieldResolver<Source | undefined, unknown, { id?: string; first?: number }> = (
  source,
  args,
  _,
  info,
) => {
  const id = `${source?.id ?? 'root'}.${info.fieldName}`;
  if (info.fieldName === 'id') return source?.id ?? id;
  const own = (source as Record<string, unknown> | undefined)?.[info.fieldName];
  const first = source === undefined ? args.first : args.first && Math.min(args.first, listSize);
  return own ?? exampleOf(info.returnType, args.id ?? id, first, source?.size);
};

function exampleOf(type: GraphQLOutputType, id: string, first?: number, size?: number): unknown {
  if (isNonNullType(type)) return exampleOf(type.ofType, id, first, size);
  if (isListType(type)) {
    return Array.from({ length: size ?? listSize }, (_, index) => exampleOf(type.ofType, `${id}.${index}`));
  }
  const named = getNamedType(type);
  if (isObjectType(named)) return { id, size: first };
  if (isEnumType(named)) return named.getValues()[0]?.value;
  switch (named.name) {
    case 'Int':
      return id.length * 7;
    case 'Float':
      return id.length / 100;
    case 'Boolean':
      return false;
    case 'DateTime':
      return '2026-03-01T09:30:00.000Z';
    case 'Date':
      return '2026-03-01';
    case 'Decimal':
      return '1234.50';
    default:
      return `value ${id.length}`;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const urls: Record<string, string> = {};
const sources = await readSupergraphConfig('supergraph.yaml');
for (const { name, typeDefs } of sources.filter(({ generated }) => generated === undefined)) {
  const schema = buildSubgraphSchema(typeDefs);
  const answer = memoryAnswers(schema, anyValue as GraphQLFieldResolver<never, unknown>);
  const server = createServer(async (request, response) => {
    calls += 1;
    const text = await answer(await textOf(request));
    const send = () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    };
    if (delay > 0) setTimeout(send, delay);
    else send();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  urls[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

process.on('message', () => process.send?.({ calls }));
process.on('disconnect', () => process.exit(0));
process.send?.({ urls });
