import type { ObjectType } from './schema.ts';

/** Who changed something, as webhooks say it. */
export interface Actor {
  readonly changeSource: 'CRM_UI' | 'INTEGRATION';
  readonly sourceId: string;
}

interface Happened {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: Actor;
}

export interface Reference {
  readonly type: ObjectType;
  readonly id: string;
}

/** What happened to a record: what webhooks tell of. */
export type Change = Happened &
  (
    | ({ readonly kind: 'creation' | 'deletion' | 'restore' | 'privacyDeletion' } & Reference)
    | ({ readonly kind: 'propertyChange'; readonly property: string; readonly value: string } & Reference)
    | {
        readonly kind: 'associationChange';
        readonly from: Reference;
        readonly to: Reference;
        readonly typeId: number;
        readonly primary: boolean;
        readonly removed: boolean;
      }
  );
