import type { RoutingKey } from '#events/envelope.ts';

/** A subscription field that brings events of several types, and the entity that they are about. */
export interface Convenience {
  readonly field: string;
  readonly payload: string;
  readonly description: string;
  /** The routing key of the entity: every event that may carry it is brought. */
  readonly key: RoutingKey;
  /** Events that carry the key and change nothing of the entity, by name. */
  readonly except: readonly string[];
  /** Further routing keys to choose by. */
  readonly filters: readonly RoutingKey[];
  /** Whether the entity's id must be given. */
  readonly isKeyRequired: boolean;
  /** Brings events without the key too: by another key they carry, and the way from there through the graph. */
  readonly lookup: { readonly attribute: RoutingKey; readonly path: readonly string[] } | undefined;
}

export const conveniences: readonly Convenience[] = [
  {
    field: 'leadUpdated',
    payload: 'LeadUpdated',
    description: 'Whatever happens to leads.',
    key: 'leadid',
    except: [],
    filters: ['ownerid', 'previousownerid', 'accountid'],
    isKeyRequired: false,
    lookup: undefined,
  },
  {
    field: 'accountChanged',
    payload: 'AccountChanged',
    description:
      'Whatever changes what is known of an account: its people, leads and opportunities, the mail to it, its touches.',
    key: 'accountid',
    except: ['EnrollmentRefused'],
    filters: [],
    isKeyRequired: true,
    lookup: { attribute: 'contactid', path: ['contact', 'account', 'id'] },
  },
];
