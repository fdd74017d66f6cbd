import { hash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random choices that is the same on every machine for the same names. */
export interface Random {
  /** From 0 up to, but not, 1. */
  readonly unit: () => number;
  /** A whole number, both ends included. */
  readonly integer: (min: number, max: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** Exponentially distributed around the mean: many small, few large. */
  readonly exponential: (mean: number) => number;
  /** A factor around 1, as often above as below; `spread` is the standard deviation of its logarithm. */
  readonly factor: (spread: number) => number;
}

/**
 * Opens the stream of a name such as `[1, 'account', 17]`. Streams are independent of each other, so that
 * everything about one account can be made without making those before it.
 */
export function randomOf(...name: readonly (string | number)[]): Random {
  const digest = hash('sha256', JSON.stringify(name), 'buffer');
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  const unit = () => uniformFloat64(generator);
  return {
    unit,
    integer: (min, max) => min + Math.floor(unit() * (max - min + 1)),
    chance: (probability) => unit() < probability,
    pick: (items) => {
      const item = items[Math.floor(unit() * items.length)];
      if (item === undefined) throw new RangeError('Nothing can be picked from an empty list.');
      return item;
    },
    exponential: (mean) => -mean * Math.log(1 - unit()),
    // The sum of twelve uniform numbers is close to a normal one and needs no trigonometry.
    factor: (spread) => {
      let sum = -6;
      for (let nth = 0; nth < 12; nth += 1) sum += unit();
      return Math.exp(spread * sum);
    },
  };
}

/** Compiles a choice by weight: `weighted([['a', 9], ['b', 1]])(random)` is mostly a. */
export function weighted<Item>(weights: readonly (readonly [Item, number])[]): (random: Random) => Item {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return (random) => {
    let left = random.unit() * total;
    for (const [item, weight] of weights) {
      left -= weight;
      if (left < 0) return item;
    }
    // Rounding may leave a hair; it belongs to the last.
    return (weights[weights.length - 1] as readonly [Item, number])[0];
  };
}

/**
 * The nth number of a sequence that fills 0 to 1 evenly however long it becomes: steps by the golden ratio. A
 * skewed distribution drawn along it has nearly the same total in every world of the same size.
 */
export function evenly(nth: number, start: number): number {
  const step = 0.618_033_988_749_894_9;
  return (start + nth * step) % 1;
}
