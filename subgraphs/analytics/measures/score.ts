import type { ScoreFactorName } from '../__generated__/resolvers.ts';
import type { LeadBehaviour } from '../adapters/warehouse.ts';

/** Names the rules below; whoever changes one changes the name. */
const modelVersion = 'behaviour-1';

/** Behaviour of so many days counts, the day of the watermark among them. */
export const scoredDays = 90;

const dayMs = 86_400_000;

export interface Score {
  readonly value: number;
  readonly factors: readonly ScoreFactor[];
  readonly modelVersion: string;
  readonly from: string;
  readonly asOf: string;
  readonly observedAt: string;
}

export interface ScoreFactor {
  readonly name: ScoreFactorName;
  readonly points: number;
  readonly maxPoints: number;
  readonly value: number | null;
  readonly rule: string;
}

/** So many points for each, up to a bound. The bounds of all factors sum to 100. */
const counted = [
  { name: 'VISITS', each: 3, maxPoints: 15, of: ({ visits }: LeadBehaviour) => visits },
  { name: 'PAGE_VIEWS', each: 1, maxPoints: 10, of: ({ pageViews }: LeadBehaviour) => pageViews },
  { name: 'OPENS', each: 1, maxPoints: 5, of: ({ opens }: LeadBehaviour) => opens },
  { name: 'CLICKS', each: 5, maxPoints: 20, of: ({ clicks }: LeadBehaviour) => clicks },
  { name: 'RESPONSES', each: 15, maxPoints: 30, of: ({ responses }: LeadBehaviour) => responses },
] as const;

/** Full days since the lead last did anything → points. */
const recency = [
  { within: 7, points: 20 },
  { within: 14, points: 15 },
  { within: 30, points: 10 },
  { within: 60, points: 5 },
] as const;

const recencyRule = `${recency.map(({ within, points }) => `${points} within ${within} days`).join(', ')}, then none.`;

/**
 * Scores a lead from 0 to 100 by what it did before the watermark: an additive model, so that every point
 * can be told from a count. What was shown or sent to a lead is not its behaviour and adds nothing.
 */
export function score(behaviour: LeadBehaviour): Score {
  const factors = [...counted.map((factor) => countFactor(factor, behaviour)), recencyFactor(behaviour)];
  return {
    value: factors.reduce((total, { points }) => total + points, 0),
    factors,
    modelVersion,
    from: behaviour.from,
    asOf: behaviour.asOf,
    observedAt: behaviour.observedAt,
  };
}

function countFactor(
  { name, each, maxPoints, of }: (typeof counted)[number],
  behaviour: LeadBehaviour,
): ScoreFactor {
  const value = of(behaviour);
  return {
    name,
    points: Math.min(value * each, maxPoints),
    maxPoints,
    value,
    rule: `${each} each, at most ${maxPoints}.`,
  };
}

function recencyFactor({ lastAt, asOf }: LeadBehaviour): ScoreFactor {
  const days = lastAt === null ? null : Math.floor((Date.parse(asOf) - Date.parse(lastAt)) / dayMs);
  const points = days === null ? 0 : (recency.find(({ within }) => days < within)?.points ?? 0);
  return { name: 'RECENCY', points, maxPoints: recency[0].points, value: days, rule: recencyRule };
}
