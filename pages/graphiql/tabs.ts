import { randomUUID } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getOperationAST, OperationTypeNode, parse as parseDocument } from 'graphql';
import { parse } from 'yaml';

/** A stored operation, and how its variables follow from an account. */
export interface StoredOperation {
  readonly query: string;
  readonly variablesFor: (account: Readonly<Record<string, unknown>> | undefined) => string;
}

interface Examples {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly entities?: { readonly Account?: Readonly<Record<string, string>> };
}

const places: Readonly<Record<OperationTypeNode, number>> = { query: 1, subscription: 2, mutation: 3 };

/**
 * Every operation of the folder: those with a REST route first, then other queries, subscriptions and mutations, otherwise
 * by name.
 */
export async function storedOperations(folder: string): Promise<readonly StoredOperation[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
  const read = await Promise.all(
    names.map(async (name) => {
      const stem = join(folder, name.slice(0, -'.graphql'.length));
      const query = await readFile(`${stem}.graphql`, 'utf8');
      const examples: Examples = parse(await readFile(`${stem}.examples.yaml`, 'utf8'));
      const hasRoute = await access(`${stem}.rest.yaml`).then(
        () => true,
        () => false,
      );
      const kind = getOperationAST(parseDocument(query))?.operation ?? OperationTypeNode.QUERY;
      return { query, examples, place: hasRoute ? 0 : places[kind] };
    }),
  );
  return read
    .sort((one, other) => one.place - other.place)
    .map(({ query, examples }) => ({ query, variablesFor: (account) => variables(examples, account) }));
}

/**
 * The variables of the example as JSON. Where a value is a key of the example's account, that of an account that is
 * there; an idempotency key is a new one, since everybody at this machine would use the example's.
 */
function variables(
  { variables: examples = {}, entities }: Examples,
  account: Readonly<Record<string, unknown>> | undefined,
): string {
  if (Object.keys(examples).length === 0) return '';
  const known = Object.entries(entities?.Account ?? {});
  const fill = (name: string, value: unknown): unknown => {
    if (name === 'idempotencyKey') return randomUUID();
    const key = known.find(([, example]) => example === value)?.[0];
    return key === undefined ? value : (account?.[key] ?? value);
  };
  return JSON.stringify(examples, fill, 2);
}
