import { describe, expect, it } from 'vitest';
import { defineConsumer, type StoreContext } from './consumer.ts';
import type { InboxTables } from './inbox.ts';
import { consentUpdatedV1, leadCreatedV1 } from './schemas/index.ts';

describe('defining a consumer', () => {
  it('types the data of the events that it names', () => {
    const consumer = defineConsumer({
      name: 'email.suppression',
      events: [consentUpdatedV1],
      effects: 'store',
      handle: async (event, { cause }: StoreContext<InboxTables>) => {
        const state: string = event.data.state;
        // @ts-expect-error there is no such field
        void [state, cause, event.data.score];
      },
    });
    expect(consumer.effects).toBe('store');
  });

  it('refuses a name that could not be a group, and one that names no event', () => {
    const handle = async () => undefined;
    const named = (name: string) => () =>
      defineConsumer({ name, events: [leadCreatedV1], effects: 'outside', handle });
    expect(named('analytics.warehouse')).not.toThrow();
    expect(named('Warehouse')).toThrow('"<subgraph>.<what it does>" in lower case, not "Warehouse"');
    expect(() =>
      defineConsumer({ name: 'analytics.warehouse', events: [], effects: 'outside', handle }),
    ).toThrow('names no event');
  });
});
