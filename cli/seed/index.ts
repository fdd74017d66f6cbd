import { setImmediate } from 'node:timers/promises';
import { defaultTenant } from '#chassis/context.ts';
import { selectByIds } from '#subgraphs/crm/store/rows.ts';
import { commandCause } from '../command-cause.ts';
import type { Parts } from '../run/parts.ts';
import { accountOf, type SeededAccount, showpieces } from './accounts.ts';
import { campaignsOf } from './campaigns.ts';
import { neverAsked } from './consents.ts';
import { conversionsOf, sharesOf, touchesOf, visitsOf } from './facts.ts';
import { openTally, type TableCounts } from './tally.ts';
import { firstUserId } from './users.ts';
import { daysAgo, type World, worldDays, worldOf } from './world.ts';
import { writeFacts } from './write-facts.ts';
import { type Target, writeAccounts, writeCampaigns, writeUsers } from './write-people.ts';

export type { TableCounts } from './tally.ts';

/** Facts an account has by default, on average. */
const touchesPerAccount = 100;
const visitsPerAccount = 50;

/** Contacts that are written together: some milliseconds for each system. */
const chunkContacts = 50;

/** Facts that are made between two pauses. */
const chunkFacts = 1_000;

export interface SeedOptions {
  /** At least 1; about 8 contacts, 5 leads and 3 opportunities come with each. */
  readonly accounts: number;
  /** Which of the possible worlds; a whole number from 0. */
  readonly seed: number;
  /** Touches in all; 100 for each account by default. */
  readonly touches?: number;
  /** Visits in all; 50 for each account by default. */
  readonly visits?: number;
  /**
   * The day that the world ends on, `YYYY-MM-DD`: nothing in it is later than that day's first midnight, UTC. By
   * default the day that a world of this seed has already, else today.
   */
  readonly now?: string;
  /** Whether what is written is told as events, as any change is; by default it is. */
  readonly events?: boolean;
  readonly tenant?: string;
}

export interface SeedProgress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export interface SeedHooks {
  readonly onProgress?: (progress: SeedProgress) => void;
  /** Ends the work between two batches; the same seed again goes on and doubles nothing. */
  readonly signal?: AbortSignal;
}

export interface SeedReport {
  readonly seed: number;
  readonly accounts: number;
  readonly now: string;
  /** By table: users, accounts, contacts, leads, opportunities, campaigns, …, touches, visits, conversions. */
  readonly tables: Readonly<Record<string, TableCounts>>;
  /** What a demo opens first. */
  readonly examples: readonly { readonly id: string; readonly name: string; readonly why: string }[];
  readonly seconds: number;
}

/**
 * Writes a demo world into all four systems. The same numbers and day make the same rows on every machine; what
 * is there already is left as it is, so that it may be run again, also with more accounts. Memory does not grow
 * with the number of accounts or touches. Throws a RangeError on numbers that make no world, and an Error where
 * the seed was written here for another day.
 */
export async function seed(
  parts: Parts,
  options: SeedOptions,
  { onProgress, signal }: SeedHooks = {},
): Promise<SeedReport> {
  const begun = performance.now();
  const { tenant = defaultTenant, accounts, events = true } = options;
  const touches = countOf('touches', options.touches ?? touchesPerAccount * accounts);
  const visits = countOf('visits', options.visits ?? visitsPerAccount * accounts);
  const now = await dayOf(parts, tenant, options);
  const world = worldOf({ seed: options.seed, accounts, now });
  const tally = openTally();
  const target: Target = {
    parts,
    world,
    tenant,
    tally,
    cause: events ? commandCause('seed', tenant) : undefined,
    campaigns: campaignsOf(world),
    campaignCounts: new Map(),
  };

  await writeUsers(target);
  for (const { chunk, done } of chunksOf(world)) {
    signal?.throwIfAborted();
    await writeAccounts(target, chunk);
    onProgress?.({ step: 'accounts', done, total: accounts });
    await setImmediate();
  }
  await writeCampaigns(target);

  const observedAt = daysAgo(world, 0);
  const { warehouse } = parts.analytics;
  const paced = <Row>(step: string, rows: Iterable<Row>, total: number) =>
    pacedRows(rows, { signal, onRows: (done) => onProgress?.({ step, done, total: Math.max(done, total) }) });
  const touchRows = touchesOf(world, target.campaigns, await sharesOf(world, 'touches', touches, signal));
  await writeFacts(target, parts.analytics, 'touches', paced('touches', touchRows, touches));
  const visitRows = visitsOf(world, await sharesOf(world, 'visits', visits, signal));
  const written = await warehouse.writeVisits(tenant, paced('visits', visitRows, visits), observedAt);
  tally.set('visits', { inserted: written.inserted, updated: 0, unchanged: written.known });
  const conversionRows = conversionsOf(world);
  await writeFacts(target, parts.analytics, 'conversions', paced('conversions', conversionRows, accounts));
  // The last moment of the day before: windows end with a whole day.
  await warehouse.setWatermark(tenant, new Date(world.now - 1).toISOString(), observedAt);

  return {
    seed: world.seed,
    accounts,
    now,
    tables: tally.counts(),
    examples: examplesOf(world),
    seconds: (performance.now() - begun) / 1_000,
  };
}

/** Facts and consents are never changed, so a world cannot be moved to another day. */
async function dayOf(
  { crm }: Parts,
  tenant: string,
  { seed: number, accounts, now }: SeedOptions,
): Promise<string> {
  const today = new Date().toISOString().slice(0, 10);
  const wanted = worldOf({ seed: number, accounts, now: now ?? today });
  const [first] = await selectByIds(crm.store.db, 'users', tenant, [firstUserId(wanted)]);
  if (first === undefined) return now ?? today;
  const present = new Date(Date.parse(first.createdAt) + worldDays * 86_400_000).toISOString().slice(0, 10);
  if (now !== undefined && now !== present) {
    throw new Error(
      `Seed ${number} was written here for ${present} and cannot be moved to ${now}: leave the day out, or use another seed.`,
    );
  }
  return present;
}

function* chunksOf(
  world: World,
): Generator<{ readonly chunk: readonly SeededAccount[]; readonly done: number }> {
  let chunk: SeededAccount[] = [];
  let contacts = 0;
  for (let nth = 0; nth < world.accounts; nth += 1) {
    const account = accountOf(world, nth);
    chunk.push(account);
    contacts += account.contacts.length;
    if (contacts < chunkContacts && nth < world.accounts - 1) continue;
    yield { chunk, done: nth + 1 };
    chunk = [];
    contacts = 0;
  }
}

/** Hands rows on, and lets the rest of the process run between some of them. */
async function* pacedRows<Row>(
  rows: Iterable<Row>,
  { signal, onRows }: { readonly signal?: AbortSignal; readonly onRows: (done: number) => void },
): AsyncGenerator<Row> {
  let done = 0;
  for (const row of rows) {
    yield row;
    done += 1;
    if (done % chunkFacts !== 0) continue;
    onRows(done);
    await setImmediate();
    signal?.throwIfAborted();
  }
  onRows(done);
}

function examplesOf(world: World): SeedReport['examples'] {
  const accounts = showpieces
    .filter(({ place }) => place < world.accounts)
    .map(({ place, why }) => {
      const { id, name } = accountOf(world, place).values;
      return { id, name, why };
    });
  const contact = accountOf(world, 0).contacts.find(({ id }) => id === neverAsked(world));
  return contact ? [...accounts, { id: contact.id, name: contact.name, why: 'no consent record' }] : accounts;
}

function countOf(name: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new RangeError(`${name} must be a whole number of at least 0, not ${count}.`);
}
