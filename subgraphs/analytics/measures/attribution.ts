import type { AttributionModel, TouchChannel } from '../__generated__/resolvers.ts';
import { type Conversion, decayHalfLifeMs, type Path, type PathSteps } from '../adapters/warehouse.ts';

/** Credits are counted in millionths, so that they can sum to exactly 1. */
const places = 6;
const whole = 10 ** places;

export interface Attribution {
  readonly model: AttributionModel;
  readonly conversion: Conversion | null;
  readonly touches: number;
  readonly credits: readonly Credit[];
  readonly channels: readonly ChannelCredit[];
  readonly asOf: string;
  readonly observedAt: string;
}

export interface ChannelCredit {
  readonly channel: TouchChannel;
  /** From 0 to 1 with six places. */
  readonly credit: string;
  readonly touches: number;
}

export interface Credit extends ChannelCredit {
  readonly campaignId: string | null;
}

/**
 * Shares the credit for a path among its channels and campaigns by one of the rule-based models of web
 * analytics; the schema says what each does. The credits sum to exactly 1, largest first; a path without
 * touches has none.
 */
export function attribute(path: Path, model: AttributionModel): Attribution {
  // Ties are settled by place, and a warehouse answers in any order.
  const groups = path.steps.toSorted((a, b) => order(keyOf(a), keyOf(b)));
  const millionths = apportion(weightsOf(groups, model));
  const shares = groups.map((steps, index) => ({ steps, share: millionths[index] ?? 0 }));
  const credits = shares
    .map(({ steps: { channel, campaignId, touches }, share }) => ({ channel, campaignId, touches, share }))
    .sort((a, b) => b.share - a.share || order(keyOf(a), keyOf(b)));
  const channels = [...Map.groupBy(credits, ({ channel }) => channel)]
    .map(([channel, group]) => ({
      channel,
      touches: sum(group.map(({ touches }) => touches)),
      share: sum(group.map(({ share }) => share)),
    }))
    .sort((a, b) => b.share - a.share || order(a.channel, b.channel));
  return {
    model,
    conversion: path.conversion,
    touches: sum(path.steps.map(({ touches }) => touches)),
    credits: credits.map(({ share, ...credit }) => ({ ...credit, credit: decimal(share) })),
    channels: channels.map(({ share, ...credit }) => ({ ...credit, credit: decimal(share) })),
    asOf: path.asOf,
    observedAt: path.observedAt,
  };
}

/** What each group of touches weighs against the others, in any unit. */
function weightsOf(steps: readonly PathSteps[], model: AttributionModel): readonly number[] {
  const isFirst = placeOf(steps, ({ firstAt, firstId }) => firstAt + firstId, -1);
  const isLast = placeOf(steps, ({ lastAt, lastId }) => lastAt + lastId, 1);
  const touches = sum(steps.map((group) => group.touches));
  switch (model) {
    case 'FIRST_TOUCH':
      return steps.map((_, index) => Number(index === isFirst));
    case 'LAST_TOUCH':
      return steps.map((_, index) => Number(index === isLast));
    case 'LINEAR':
      return steps.map((group) => group.touches);
    case 'TIME_DECAY': {
      const end = Math.max(...steps.map(({ lastAt }) => Date.parse(lastAt)));
      return steps.map(
        ({ lastAt, decayedTouches }) => decayedTouches * 2 ** ((Date.parse(lastAt) - end) / decayHalfLifeMs),
      );
    }
    case 'POSITION_BASED':
      return steps.map((group, index) => {
        const ends = Number(index === isFirst) + Number(index === isLast);
        // Without touches between, the two ends share all of it; one touch is both ends.
        return touches <= 2 ? ends : 0.4 * ends + (0.2 * (group.touches - ends)) / (touches - 2);
      });
  }
}

/** The group that holds the first (-1) or last (1) touch of all; times of one length compare as text. */
function placeOf(steps: readonly PathSteps[], key: (steps: PathSteps) => string, direction: -1 | 1): number {
  let place = 0;
  for (const [index, group] of steps.entries()) {
    const best = steps[place];
    if (best && order(key(group), key(best)) === direction) place = index;
  }
  return place;
}

/**
 * Weights → millionths that sum to exactly one million: all are rounded down, and what is missing then goes
 * to the largest remainders (Hamilton's method), the earlier weight first where two are the same.
 */
function apportion(weights: readonly number[]): readonly number[] {
  const total = sum(weights);
  const exact = weights.map((weight) => (weight / total) * whole);
  const shares = exact.map(Math.floor);
  const missing = whole - sum(shares);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

function decimal(millionths: number): string {
  const text = String(millionths).padStart(places + 1, '0');
  return `${text.slice(0, -places)}.${text.slice(-places)}`;
}

function keyOf({
  channel,
  campaignId,
}: {
  readonly channel: string;
  readonly campaignId: string | null;
}): string {
  return `${channel} ${campaignId ?? ''}`;
}

function order(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
