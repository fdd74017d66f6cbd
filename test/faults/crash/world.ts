import type { StoreLocation } from '#chassis/store/store.ts';
import { randomOf } from '#cli/seed/random.ts';
import type { Posting } from '#test/harness/ledger.ts';

/** Everything that the processes of one crash run share. */
export interface World {
  readonly seed: number;
  readonly stores: { readonly [Name in StoreName]: StoreLocation };
  /** A file that a consumer fills whose effects lie outside its store. */
  readonly sink: string;
  readonly bus: BusPlace;
  /** What is wrong on purpose, to show that the run notices. */
  readonly broken: Broken;
}

export type StoreName = 'ledger' | 'mirror' | 'echo';

export type BusPlace =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'jetstream'; readonly url: string };

export const brokenWays = ['nothing', 'inbox', 'publish-first'] as const;
export type Broken = (typeof brokenWays)[number];

/** A process and what runs in it. */
export interface Role {
  readonly name: string;
  readonly relay: boolean;
  readonly consumers: boolean;
  /** A number of its own; null where nothing is written here. */
  readonly writer: number | null;
}

/** Lanes write beside each other in one writer; each has accounts of its own, so that what they do is known before. */
export const lanesOfWriter = 4;
const accountsOfLane = 3;

export function accountsOf(writers: readonly number[]): string[] {
  return writers.flatMap((writer) =>
    Array.from({ length: lanesOfWriter * accountsOfLane }, (_, at) =>
      accountOf(writer, Math.floor(at / accountsOfLane), at % accountsOfLane),
    ),
  );
}

function accountOf(writer: number, lane: number, at: number): string {
  return `acc_${writer}_${lane}_${at}`;
}

/** The nth posting of a lane, from 0; the same in every run of the seed. */
export function postingOf(seed: number, writer: number, lane: number, n: number): Required<Posting> {
  const random = randomOf(seed, 'posting', writer, lane, n);
  return {
    account: accountOf(writer, lane, random.integer(0, accountsOfLane - 1)),
    amount: random.integer(-50, 50),
    idempotencyKey: `${writer}.${lane}.${n}`,
  };
}

/** What a process says. */
export type Said =
  | { readonly kind: 'ready' }
  /** Postings of a lane up to, but not, `next` are committed. */
  | { readonly kind: 'wrote'; readonly lane: number; readonly next: number }
  /** The writer has stopped, and writes no more. */
  | { readonly kind: 'written' }
  | { readonly kind: 'status'; readonly outbox: number; readonly lag: number }
  | { readonly kind: 'counts'; readonly replayed: number; readonly dropped: number };

/** What it is told: to write no more, or to end in good order. */
export type Told = { readonly kind: 'written?' } | { readonly kind: 'end' };

/** How a process is started, as JSON on its command line. */
export interface Start {
  readonly world: World;
  readonly role: Role;
  /** Where each lane of its writer goes on. */
  readonly from: readonly number[];
}
