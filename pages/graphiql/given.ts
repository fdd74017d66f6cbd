import type { Tab } from './first-tab.ts';

/** What GraphiQL starts from. */
export interface GraphiqlGiven {
  readonly tabs: readonly Tab[];
  /** URLs of the workers that check what is typed, by their kind. */
  readonly workers: { readonly editor: string; readonly json: string; readonly graphql: string };
}
