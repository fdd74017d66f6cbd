import type { EventReceipt, Receipt } from '#chassis/mutation.ts';
import { type Context, type Loaders, loadersOf } from '../loaders.ts';
import type { Account, Lead, Opportunity } from '../store/tables.ts';

interface Entities {
  readonly lead: Lead;
  readonly account: Account;
  readonly opportunity: Opportunity;
}

type Answer<Name extends keyof Entities> = { readonly [Key in Name]: Entities[Name] } & {
  readonly event: EventReceipt | null;
  readonly replayed: boolean;
};

/**
 * The payload of a mutation: the entity as it is after the commit. What the request loaded before is forgotten, so
 * that fields below the payload and mutations after this one read nothing from before it.
 */
export async function answer<Name extends keyof Entities>(
  context: Context,
  { subject, events, replayed }: Receipt,
  name: Name,
): Promise<Answer<Name>> {
  context.loaders = loadersOf(context);
  const loader = context.loaders[name] as Loaders[Name];
  const entity = await loader.load(subject);
  if (entity === null) throw new Error(`The ${name} "${subject}" was changed and is not there.`);
  return { [name]: entity, event: events[0] ?? null, replayed } as Answer<Name>;
}
