import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Every operation of the folder, those with a REST route first, otherwise by name. */
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
      return { query, examples, hasRoute };
    }),
  );
  return read
    .sort((one, other) => Number(other.hasRoute) - Number(one.hasRoute))
    .map(({ query, examples }) => ({ query, variablesFor: (account) => variables(examples, account) }));
}

/** The variables of the example as JSON; where one is a key of the example's account, that of an account that is there. */
function variables(
  { variables: examples = {}, entities }: Examples,
  account: Readonly<Record<string, unknown>> | undefined,
): string {
  const known = Object.entries(entities?.Account ?? {});
  const filled = Object.entries(examples).map(([name, value]) => {
    const key = known.find(([, example]) => example === value)?.[0];
    return [name, key === undefined ? value : (account?.[key] ?? value)];
  });
  return filled.length === 0 ? '' : JSON.stringify(Object.fromEntries(filled), null, 2);
}
