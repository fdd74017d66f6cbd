/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type LeadStatus =
  | 'CONVERTED'
  | 'DISQUALIFIED'
  | 'NEW'
  | 'QUALIFIED'
  | 'WORKING';

export type TouchChannel =
  | 'DIRECT'
  | 'DISPLAY'
  | 'EMAIL'
  | 'EVENT'
  | 'ORGANIC_SEARCH'
  | 'ORGANIC_SOCIAL'
  /** A call or message of a rep. */
  | 'OUTBOUND'
  | 'PAID_SEARCH'
  | 'PAID_SOCIAL'
  | 'PARTNER'
  | 'REFERRAL'
  | 'WEBINAR';

export type TouchKind =
  | 'ATTENDANCE'
  | 'CLICK'
  | 'DOWNLOAD'
  | 'FORM_SUBMISSION'
  /** Something was shown; nobody is known to have reacted. */
  | 'IMPRESSION'
  | 'MEETING'
  /** A message was opened. */
  | 'OPEN'
  | 'REPLY'
  | 'VISIT';

export type AccountChangesSubscriptionVariables = Exact<{
  accountId: string;
  after?: string | null | undefined;
}>;


export type AccountChangesSubscription = { readonly accountChanged: { readonly cursor: string, readonly event:
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
     | null } };

export type LeadUpdatesSubscriptionVariables = Exact<{
  ownerId?: string | null | undefined;
  accountId?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type LeadUpdatesSubscription = { readonly leadUpdated: { readonly occurredAt: string | null, readonly event:
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly status: LeadStatus | null, readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string, readonly ownerBefore: { readonly id: string, readonly name: string } | null, readonly ownerAfter: { readonly id: string, readonly name: string } | null }
      | { readonly id: string, readonly type: string, readonly statusBefore: LeadStatus | null, readonly statusAfter: LeadStatus | null }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
      | { readonly channel: TouchChannel | null, readonly kind: TouchKind | null, readonly id: string, readonly type: string }
      | { readonly id: string, readonly type: string }
     | null, readonly lead: { readonly id: string, readonly status: LeadStatus, readonly contact: { readonly id: string, readonly name: string } | null, readonly owner: { readonly id: string, readonly name: string } | null, readonly account: { readonly id: string, readonly name: string } | null } | null } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const AccountChangesDocument = new TypedDocumentString(`
    subscription AccountChanges($accountId: ID!, $after: ID) {
  accountChanged(accountId: $accountId, after: $after) {
    cursor
    event {
      id
      type
    }
  }
}
    `) as unknown as TypedDocumentString<AccountChangesSubscription, AccountChangesSubscriptionVariables>;
export const LeadUpdatesDocument = new TypedDocumentString(`
    subscription LeadUpdates($ownerId: ID, $accountId: ID, $after: ID) {
  leadUpdated(ownerId: $ownerId, accountId: $accountId, after: $after) {
    occurredAt
    event {
      id
      type
      ... on LeadCreated {
        status
      }
      ... on LeadStatusChanged {
        statusBefore: from
        statusAfter: to
      }
      ... on LeadOwnerAssigned {
        ownerBefore: previousOwner {
          id
          name
        }
        ownerAfter: owner {
          id
          name
        }
      }
      ... on TouchRecorded {
        channel
        kind
      }
    }
    lead {
      id
      status
      contact {
        id
        name
      }
      owner {
        id
        name
      }
      account {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LeadUpdatesSubscription, LeadUpdatesSubscriptionVariables>;