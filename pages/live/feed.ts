import type { LiveFailure, LiveGap, LiveState } from '#client/index.ts';
import type { LeadUpdate } from './given.ts';

/** What the page shows. */
export interface Feed {
  /** Newest first, at most `mostShown`. */
  readonly updates: readonly LeadUpdate[];
  /** How many have come, those that are no longer shown too. */
  readonly count: number;
  readonly state: LiveState | undefined;
  /** Updates of which the content could not be read. */
  readonly unreadable: number;
  readonly gap: LiveGap | undefined;
  readonly failure: LiveFailure | undefined;
}

export const mostShown = 500;

export const emptyFeed: Feed = {
  updates: [],
  count: 0,
  state: undefined,
  unreadable: 0,
  gap: undefined,
  failure: undefined,
};

/** The feed with an update on top; null is one that could not be read. */
export function withUpdate(feed: Feed, update: LeadUpdate | null): Feed {
  if (update === null) return { ...feed, unreadable: feed.unreadable + 1 };
  return { ...feed, updates: [update, ...feed.updates].slice(0, mostShown), count: feed.count + 1 };
}

/** How the connection is, in a word and for the colour of its mark. */
export function stateWords({ state, failure }: Feed): { readonly mark: string; readonly text: string } {
  if (failure !== undefined) return { mark: 'bad', text: `Ended: ${failure.message}` };
  switch (state?.phase) {
    case 'catching-up':
      return { mark: 'unsure', text: 'Catching up' };
    case 'live':
      return { mark: 'good', text: state.transport === 'poll' ? 'Live, by polling' : 'Live' };
    case 'waiting':
      return { mark: 'unsure', text: 'Not connected, trying again' };
    case 'ended':
      return { mark: 'bad', text: 'Ended' };
    default:
      return { mark: 'unsure', text: 'Connecting' };
  }
}
