import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Account as AccountRow, Contact as ContactRow, Lead as LeadRow, Opportunity as OpportunityRow, User as UserRow } from '../store/tables.ts';
import type { PipelineGroupRow } from '../store/pipeline.ts';
import type { Context } from '../loaders.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** Calendar date, such as 2026-03-01. */
  Date: { input: string; output: string; }
  /** RFC 3339 time in UTC, such as 2026-03-01T09:30:00.000Z. */
  DateTime: { input: string; output: string; }
  /** Decimal number as text, such as "1234.50": never a float. */
  Decimal: { input: string; output: string; }
  _FieldSet: { input: string; output: string; }
};

/** A company that is or may become a customer. */
export type Account = {
  readonly __typename?: 'Account';
  readonly annualRevenue: Maybe<Money>;
  readonly contacts: ContactConnection;
  /** Where the company sits, by its English name. */
  readonly country: Maybe<Scalars['String']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  /** The web domain the company is known by, in lower case; null where none is known. */
  readonly domain: Maybe<Scalars['String']['output']>;
  readonly employees: Maybe<Scalars['Int']['output']>;
  readonly foundedYear: Maybe<Scalars['Int']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly industry: Maybe<Scalars['String']['output']>;
  readonly leads: LeadConnection;
  readonly lifecycleStage: Maybe<LifecycleStage>;
  readonly name: Scalars['String']['output'];
  /** When the CRM was last seen to hold these values. */
  readonly observedAt: Scalars['DateTime']['output'];
  readonly opportunities: OpportunityConnection;
  readonly owner: Maybe<User>;
  /** How the owner is known; null where there is no owner. */
  readonly ownerSource: Maybe<OwnerSource>;
  /** The company this one belongs to. */
  readonly parent: Maybe<Account>;
  /** All opportunities of the account in sums. */
  readonly pipeline: PipelineTotals;
  /**
   * What the vendor said of the change that it refused, until the next one; it may quote a person. The values before it are
   * back, but a lead that the vendor did not take in stays, here alone.
   */
  readonly syncReason: Maybe<Scalars['String']['output']>;
  /**
   * How the latest change through the graph stands with the vendor's CRM: PENDING right after it, and a refusal is told by
   * an event as well. Null where this house is the system of record.
   */
  readonly syncState: Maybe<SyncState>;
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};


/** A company that is or may become a customer. */
export type AccountContactsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
};


/** A company that is or may become a customer. */
export type AccountLeadsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<LeadFilter>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<LeadOrder>;
};


/** A company that is or may become a customer. */
export type AccountOpportunitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OpportunityFilter>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<OpportunityOrder>;
};

export type AccountConnection = {
  readonly __typename?: 'AccountConnection';
  readonly edges: ReadonlyArray<AccountEdge>;
  readonly nodes: ReadonlyArray<Account>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type AccountEdge = {
  readonly __typename?: 'AccountEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Account;
};

export type AccountFilter = {
  readonly country?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly employeesMax?: InputMaybe<Scalars['Int']['input']>;
  readonly employeesMin?: InputMaybe<Scalars['Int']['input']>;
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly industry?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly lifecycleStage?: InputMaybe<ReadonlyArray<LifecycleStage>>;
  /** Part of the name, in any case. */
  readonly nameContains?: InputMaybe<Scalars['String']['input']>;
  readonly ownerId?: InputMaybe<Scalars['ID']['input']>;
};

export type AccountOrder = {
  readonly by: AccountOrderField;
  readonly direction?: Direction;
};

export type AccountOrderField =
  | 'CREATED_AT'
  | 'NAME'
  | 'UPDATED_AT';

export type AssignAccountOwnerInput = {
  readonly accountId: Scalars['ID']['input'];
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly ifVersion?: InputMaybe<Scalars['Int']['input']>;
  /** A user's id; null takes the owner away, and must be said. */
  readonly ownerId?: InputMaybe<Scalars['ID']['input']>;
};

export type AssignAccountOwnerPayload = {
  readonly __typename?: 'AssignAccountOwnerPayload';
  /** As it is now. */
  readonly account: Account;
  /** Null where the account had that owner, recorded. */
  readonly event: Maybe<EventReceipt>;
  readonly replayed: Scalars['Boolean']['output'];
};

export type AssignLeadOwnerInput = {
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly ifVersion?: InputMaybe<Scalars['Int']['input']>;
  readonly leadId: Scalars['ID']['input'];
  /** A user's id; null takes the owner away, and must be said. */
  readonly ownerId?: InputMaybe<Scalars['ID']['input']>;
};

export type AssignLeadOwnerPayload = {
  readonly __typename?: 'AssignLeadOwnerPayload';
  /** Null where the lead had that owner. */
  readonly event: Maybe<EventReceipt>;
  /** As it is now. */
  readonly lead: Lead;
  readonly replayed: Scalars['Boolean']['output'];
};

/** A person at an account. */
export type Contact = {
  readonly __typename?: 'Contact';
  readonly account: Maybe<Account>;
  readonly country: Maybe<Scalars['String']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  /** In lower case; null where none is known. */
  readonly email: Maybe<Scalars['String']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly leads: LeadConnection;
  readonly name: Scalars['String']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly phone: Maybe<Scalars['String']['output']>;
  readonly title: Maybe<Scalars['String']['output']>;
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};


/** A person at an account. */
export type ContactLeadsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
};

export type ContactConnection = {
  readonly __typename?: 'ContactConnection';
  readonly edges: ReadonlyArray<ContactEdge>;
  readonly nodes: ReadonlyArray<Contact>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type ContactEdge = {
  readonly __typename?: 'ContactEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Contact;
};

export type CreateLeadInput = {
  /** Where it is left out, that of the contact. */
  readonly accountId?: InputMaybe<Scalars['ID']['input']>;
  /** Whose interest it is. A lead needs a contact or an account. */
  readonly contactId?: InputMaybe<Scalars['ID']['input']>;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Where the lead came from, such as "Organic Search": 1 to 100 characters, and no address. */
  readonly source?: InputMaybe<Scalars['String']['input']>;
  /** NEW, WORKING or QUALIFIED; NEW where it is left out. */
  readonly status?: InputMaybe<LeadStatus>;
};

export type CreateLeadPayload = {
  readonly __typename?: 'CreateLeadPayload';
  readonly event: Maybe<EventReceipt>;
  /** As it is now. */
  readonly lead: Lead;
  /** The same was asked for before under this key, and nothing was done now. */
  readonly replayed: Scalars['Boolean']['output'];
};

export type Direction =
  | 'ASC'
  | 'DESC';

/** The event that tells of a change. It reaches its readers after the answer. */
export type EventReceipt = {
  readonly __typename?: 'EventReceipt';
  readonly id: Scalars['ID']['output'];
  /** Such as tributary.crm.LeadCreated.v1. */
  readonly type: Scalars['String']['output'];
};

/** Somebody's interest that sales works on until it is qualified or dropped. */
export type Lead = {
  readonly __typename?: 'Lead';
  readonly account: Maybe<Account>;
  readonly contact: Maybe<Contact>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly owner: Maybe<User>;
  /** Where the lead came from, in the words of the CRM, such as "Organic Search". */
  readonly source: Maybe<Scalars['String']['output']>;
  readonly status: LeadStatus;
  /**
   * What the vendor said of the change that it refused, until the next one; it may quote a person. The values before it are
   * back, but a lead that the vendor did not take in stays, here alone.
   */
  readonly syncReason: Maybe<Scalars['String']['output']>;
  /**
   * How the latest change through the graph stands with the vendor's CRM: PENDING right after it, and a refusal is told by
   * an event as well. Null where this house is the system of record.
   */
  readonly syncState: Maybe<SyncState>;
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};

export type LeadConnection = {
  readonly __typename?: 'LeadConnection';
  readonly edges: ReadonlyArray<LeadEdge>;
  readonly nodes: ReadonlyArray<Lead>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type LeadEdge = {
  readonly __typename?: 'LeadEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Lead;
};

export type LeadFilter = {
  readonly accountId?: InputMaybe<Scalars['ID']['input']>;
  readonly contactId?: InputMaybe<Scalars['ID']['input']>;
  /** Created before this time. */
  readonly createdBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** Created at this time or later. */
  readonly createdFrom?: InputMaybe<Scalars['DateTime']['input']>;
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly ownerId?: InputMaybe<Scalars['ID']['input']>;
  readonly source?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly status?: InputMaybe<ReadonlyArray<LeadStatus>>;
};

export type LeadOrder = {
  readonly by: LeadOrderField;
  readonly direction?: Direction;
};

export type LeadOrderField =
  | 'CREATED_AT'
  | 'UPDATED_AT';

export type LeadStatus =
  | 'CONVERTED'
  | 'DISQUALIFIED'
  | 'NEW'
  | 'QUALIFIED'
  | 'WORKING';

export type LifecycleStage =
  | 'CUSTOMER'
  | 'FORMER_CUSTOMER'
  | 'LEAD'
  | 'MARKETING_QUALIFIED'
  | 'OPPORTUNITY'
  | 'SALES_QUALIFIED'
  | 'SUBSCRIBER';

/** An amount in one currency. */
export type Money = {
  readonly __typename?: 'Money';
  readonly amount: Scalars['Decimal']['output'];
  /** ISO 4217. */
  readonly currency: Scalars['String']['output'];
};

export type MoveOpportunityStageInput = {
  /**
   * The day it was won or lost: not before it was opened and not in the future; by default today, UTC. Only with WON and
   * LOST. One that is opened again has no closeDate until the CRM says one.
   */
  readonly closeDate?: InputMaybe<Scalars['Date']['input']>;
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly ifVersion?: InputMaybe<Scalars['Int']['input']>;
  readonly opportunityId: Scalars['ID']['input'];
  readonly stage: OpportunityStage;
};

export type MoveOpportunityStagePayload = {
  readonly __typename?: 'MoveOpportunityStagePayload';
  /** Null where the opportunity was in that stage. */
  readonly event: Maybe<EventReceipt>;
  /** As it is now. */
  readonly opportunity: Opportunity;
  readonly replayed: Scalars['Boolean']['output'];
};

/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /** Gives an account to a user, or takes it away from the one who has it. An owner that was derived is recorded then. */
  readonly assignAccountOwner: Maybe<AssignAccountOwnerPayload>;
  /** Gives a lead to a user, or takes it away from the one who has it. */
  readonly assignLeadOwner: Maybe<AssignLeadOwnerPayload>;
  /** Takes down a new lead. NOT_FOUND where the contact, account or owner is unknown. */
  readonly createLead: Maybe<CreateLeadPayload>;
  /**
   * Moves an opportunity to another stage. From an open stage to every other, except from PROSPECTING to WON; from LOST
   * to ENGAGING; from WON to none. Else TRANSITION_NOT_ALLOWED.
   */
  readonly moveOpportunityStage: Maybe<MoveOpportunityStagePayload>;
  /**
   * Moves a lead to another status: NEW → WORKING, QUALIFIED or DISQUALIFIED; WORKING → QUALIFIED or DISQUALIFIED;
   * QUALIFIED → WORKING, DISQUALIFIED or CONVERTED; DISQUALIFIED → WORKING. Else TRANSITION_NOT_ALLOWED.
   */
  readonly updateLeadStatus: Maybe<UpdateLeadStatusPayload>;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationAssignAccountOwnerArgs = {
  input: AssignAccountOwnerInput;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationAssignLeadOwnerArgs = {
  input: AssignLeadOwnerInput;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationCreateLeadArgs = {
  input: CreateLeadInput;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationMoveOpportunityStageArgs = {
  input: MoveOpportunityStageInput;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationUpdateLeadStatusArgs = {
  input: UpdateLeadStatusInput;
};

/** A sale that is being worked on, or was won or lost. */
export type Opportunity = {
  readonly __typename?: 'Opportunity';
  readonly account: Maybe<Account>;
  /** What it is worth, or was worth when it was won; null where the CRM does not say. */
  readonly amount: Maybe<Money>;
  /** When it was won or lost, or is expected to be. */
  readonly closeDate: Maybe<Scalars['Date']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  /** When work on it began. */
  readonly openDate: Maybe<Scalars['Date']['output']>;
  readonly owner: Maybe<User>;
  readonly product: Maybe<Scalars['String']['output']>;
  readonly stage: OpportunityStage;
  /**
   * What the vendor said of the change that it refused, until the next one; it may quote a person. The values before it are
   * back, but a lead that the vendor did not take in stays, here alone.
   */
  readonly syncReason: Maybe<Scalars['String']['output']>;
  /**
   * How the latest change through the graph stands with the vendor's CRM: PENDING right after it, and a refusal is told by
   * an event as well. Null where this house is the system of record.
   */
  readonly syncState: Maybe<SyncState>;
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};

export type OpportunityConnection = {
  readonly __typename?: 'OpportunityConnection';
  readonly edges: ReadonlyArray<OpportunityEdge>;
  readonly nodes: ReadonlyArray<Opportunity>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type OpportunityEdge = {
  readonly __typename?: 'OpportunityEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Opportunity;
};

export type OpportunityFilter = {
  readonly accountId?: InputMaybe<Scalars['ID']['input']>;
  /** Closes before this day. */
  readonly closesBefore?: InputMaybe<Scalars['Date']['input']>;
  /** Closes on this day or later. */
  readonly closesFrom?: InputMaybe<Scalars['Date']['input']>;
  /** False: those that belong to no account. */
  readonly hasAccount?: InputMaybe<Scalars['Boolean']['input']>;
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly ownerId?: InputMaybe<Scalars['ID']['input']>;
  readonly product?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly stage?: InputMaybe<ReadonlyArray<OpportunityStage>>;
};

export type OpportunityOrder = {
  readonly by: OpportunityOrderField;
  readonly direction?: Direction;
};

export type OpportunityOrderField =
  | 'CREATED_AT'
  | 'NAME'
  | 'UPDATED_AT';

export type OpportunityStage =
  | 'ENGAGING'
  | 'LOST'
  | 'NEGOTIATION'
  | 'PROPOSAL'
  | 'PROSPECTING'
  | 'WON';

export type OwnerSource =
  /** Not in the CRM; taken from the account's latest opportunity. */
  | 'DERIVED'
  /** The CRM says so. */
  | 'RECORDED';

export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

export type PipelineGroup =
  /** Of the account. */
  | 'INDUSTRY'
  /** Of the close date. */
  | 'MONTH'
  | 'OWNER'
  | 'STAGE';

export type PipelineRow = {
  readonly __typename?: 'PipelineRow';
  /** Stage, user id, industry, or month such as 2026-03; null where the opportunities have none. */
  readonly key: Maybe<Scalars['String']['output']>;
  /** The owner, where the grouping is by owner. */
  readonly owner: Maybe<User>;
  readonly totals: PipelineTotals;
};

/**
 * Counts, and sums as one amount per currency, largest first. Opportunities without an amount count, and add nothing.
 * Sums are null only for those who may count and not see amounts.
 */
export type PipelineTotals = {
  readonly __typename?: 'PipelineTotals';
  readonly byStage: ReadonlyArray<StageTotals>;
  readonly lostCount: Scalars['Int']['output'];
  /** The oldest observation among the opportunities that were counted; null where there is none. */
  readonly observedAt: Maybe<Scalars['DateTime']['output']>;
  readonly openAmount: Maybe<ReadonlyArray<Money>>;
  readonly openCount: Scalars['Int']['output'];
  readonly wonAmount: Maybe<ReadonlyArray<Money>>;
  readonly wonCount: Scalars['Int']['output'];
};

export type Query = {
  readonly __typename?: 'Query';
  readonly account: Maybe<Account>;
  /** The domain in lower case, such as "example.com". */
  readonly accountByDomain: Maybe<Account>;
  readonly accounts: AccountConnection;
  readonly contact: Maybe<Contact>;
  /** The address in any case; it is compared in lower case. */
  readonly contactByEmail: Maybe<Contact>;
  /** Those of these contacts that there are, in any order; at most 100 ids. */
  readonly contacts: ReadonlyArray<Contact>;
  readonly lead: Maybe<Lead>;
  readonly leads: LeadConnection;
  readonly opportunities: OpportunityConnection;
  readonly opportunity: Maybe<Opportunity>;
  /**
   * Opportunities counted and summed by group, at most 500 groups. Months stand in calendar order, all other
   * groups with the most opportunities first.
   */
  readonly pipeline: ReadonlyArray<PipelineRow>;
  readonly user: Maybe<User>;
};


export type QueryAccountArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAccountByDomainArgs = {
  domain: Scalars['String']['input'];
};


export type QueryAccountsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AccountFilter>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<AccountOrder>;
};


export type QueryContactArgs = {
  id: Scalars['ID']['input'];
};


export type QueryContactByEmailArgs = {
  email: Scalars['String']['input'];
};


export type QueryContactsArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type QueryLeadArgs = {
  id: Scalars['ID']['input'];
};


export type QueryLeadsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<LeadFilter>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<LeadOrder>;
};


export type QueryOpportunitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OpportunityFilter>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<OpportunityOrder>;
};


export type QueryOpportunityArgs = {
  id: Scalars['ID']['input'];
};


export type QueryPipelineArgs = {
  filter?: InputMaybe<OpportunityFilter>;
  groupBy: PipelineGroup;
};


export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};

export type StageTotals = {
  readonly __typename?: 'StageTotals';
  readonly amount: Maybe<ReadonlyArray<Money>>;
  readonly count: Scalars['Int']['output'];
  readonly stage: OpportunityStage;
};

/** Where a vendor's system is the system of record, a change is made here at once and then brought there. */
export type SyncState =
  /** The vendor has it. */
  | 'ACCEPTED'
  /** On its way. */
  | 'PENDING'
  /** The vendor refused it. */
  | 'REJECTED';

export type UpdateLeadStatusInput = {
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly ifVersion?: InputMaybe<Scalars['Int']['input']>;
  readonly leadId: Scalars['ID']['input'];
  readonly status: LeadStatus;
};

export type UpdateLeadStatusPayload = {
  readonly __typename?: 'UpdateLeadStatusPayload';
  /** Null where the lead had that status. */
  readonly event: Maybe<EventReceipt>;
  /** As it is now. */
  readonly lead: Lead;
  readonly replayed: Scalars['Boolean']['output'];
};

/** Somebody who sells. */
export type User = {
  readonly __typename?: 'User';
  readonly createdAt: Scalars['DateTime']['output'];
  readonly email: Maybe<Scalars['String']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly manager: Maybe<User>;
  readonly name: Scalars['String']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  /** The team or regional office. */
  readonly team: Maybe<Scalars['String']['output']>;
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Account: Account;
  Contact: Contact;
  Lead: Lead;
  Opportunity: Opportunity;
  User: User;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Account:
    ( { __typename: 'Account' }
    & ( GraphQLRecursivePick<FederationTypes['Account'], {"id":true}>
        | GraphQLRecursivePick<FederationTypes['Account'], {"domain":true}> ) );
  Contact:
    ( { __typename: 'Contact' }
    & ( GraphQLRecursivePick<FederationTypes['Contact'], {"id":true}>
        | GraphQLRecursivePick<FederationTypes['Contact'], {"email":true}> ) );
  Lead:
    ( { __typename: 'Lead' }
    & GraphQLRecursivePick<FederationTypes['Lead'], {"id":true}> );
  Opportunity:
    ( { __typename: 'Opportunity' }
    & GraphQLRecursivePick<FederationTypes['Opportunity'], {"id":true}> );
  User:
    ( { __typename: 'User' }
    & GraphQLRecursivePick<FederationTypes['User'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Account: ResolverTypeWrapper<AccountRow>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AccountConnection: ResolverTypeWrapper<Omit<AccountConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['AccountEdge']>, nodes: ReadonlyArray<ResolversTypes['Account']> }>;
  AccountEdge: ResolverTypeWrapper<Omit<AccountEdge, 'node'> & { node: ResolversTypes['Account'] }>;
  AccountFilter: AccountFilter;
  AccountOrder: AccountOrder;
  AccountOrderField: AccountOrderField;
  AssignAccountOwnerInput: AssignAccountOwnerInput;
  AssignAccountOwnerPayload: ResolverTypeWrapper<Omit<AssignAccountOwnerPayload, 'account'> & { account: ResolversTypes['Account'] }>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  AssignLeadOwnerInput: AssignLeadOwnerInput;
  AssignLeadOwnerPayload: ResolverTypeWrapper<Omit<AssignLeadOwnerPayload, 'lead'> & { lead: ResolversTypes['Lead'] }>;
  Contact: ResolverTypeWrapper<ContactRow>;
  ContactConnection: ResolverTypeWrapper<Omit<ContactConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['ContactEdge']>, nodes: ReadonlyArray<ResolversTypes['Contact']> }>;
  ContactEdge: ResolverTypeWrapper<Omit<ContactEdge, 'node'> & { node: ResolversTypes['Contact'] }>;
  CreateLeadInput: CreateLeadInput;
  CreateLeadPayload: ResolverTypeWrapper<Omit<CreateLeadPayload, 'lead'> & { lead: ResolversTypes['Lead'] }>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  Direction: Direction;
  EventReceipt: ResolverTypeWrapper<EventReceipt>;
  Lead: ResolverTypeWrapper<LeadRow>;
  LeadConnection: ResolverTypeWrapper<Omit<LeadConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['LeadEdge']>, nodes: ReadonlyArray<ResolversTypes['Lead']> }>;
  LeadEdge: ResolverTypeWrapper<Omit<LeadEdge, 'node'> & { node: ResolversTypes['Lead'] }>;
  LeadFilter: LeadFilter;
  LeadOrder: LeadOrder;
  LeadOrderField: LeadOrderField;
  LeadStatus: LeadStatus;
  LifecycleStage: LifecycleStage;
  Money: ResolverTypeWrapper<Money>;
  MoveOpportunityStageInput: MoveOpportunityStageInput;
  MoveOpportunityStagePayload: ResolverTypeWrapper<Omit<MoveOpportunityStagePayload, 'opportunity'> & { opportunity: ResolversTypes['Opportunity'] }>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Opportunity: ResolverTypeWrapper<OpportunityRow>;
  OpportunityConnection: ResolverTypeWrapper<Omit<OpportunityConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['OpportunityEdge']>, nodes: ReadonlyArray<ResolversTypes['Opportunity']> }>;
  OpportunityEdge: ResolverTypeWrapper<Omit<OpportunityEdge, 'node'> & { node: ResolversTypes['Opportunity'] }>;
  OpportunityFilter: OpportunityFilter;
  OpportunityOrder: OpportunityOrder;
  OpportunityOrderField: OpportunityOrderField;
  OpportunityStage: OpportunityStage;
  OwnerSource: OwnerSource;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PipelineGroup: PipelineGroup;
  PipelineRow: ResolverTypeWrapper<PipelineGroupRow>;
  PipelineTotals: ResolverTypeWrapper<PipelineTotals>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  StageTotals: ResolverTypeWrapper<StageTotals>;
  SyncState: SyncState;
  UpdateLeadStatusInput: UpdateLeadStatusInput;
  UpdateLeadStatusPayload: ResolverTypeWrapper<Omit<UpdateLeadStatusPayload, 'lead'> & { lead: ResolversTypes['Lead'] }>;
  User: ResolverTypeWrapper<UserRow>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Account: AccountRow;
  Int: Scalars['Int']['output'];
  ID: Scalars['ID']['output'];
  AccountConnection: Omit<AccountConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['AccountEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Account']> };
  AccountEdge: Omit<AccountEdge, 'node'> & { node: ResolversParentTypes['Account'] };
  AccountFilter: AccountFilter;
  AccountOrder: AccountOrder;
  AssignAccountOwnerInput: AssignAccountOwnerInput;
  AssignAccountOwnerPayload: Omit<AssignAccountOwnerPayload, 'account'> & { account: ResolversParentTypes['Account'] };
  Boolean: Scalars['Boolean']['output'];
  AssignLeadOwnerInput: AssignLeadOwnerInput;
  AssignLeadOwnerPayload: Omit<AssignLeadOwnerPayload, 'lead'> & { lead: ResolversParentTypes['Lead'] };
  Contact: ContactRow;
  ContactConnection: Omit<ContactConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['ContactEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Contact']> };
  ContactEdge: Omit<ContactEdge, 'node'> & { node: ResolversParentTypes['Contact'] };
  CreateLeadInput: CreateLeadInput;
  CreateLeadPayload: Omit<CreateLeadPayload, 'lead'> & { lead: ResolversParentTypes['Lead'] };
  Date: Scalars['Date']['output'];
  DateTime: Scalars['DateTime']['output'];
  Decimal: Scalars['Decimal']['output'];
  EventReceipt: EventReceipt;
  Lead: LeadRow;
  LeadConnection: Omit<LeadConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['LeadEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Lead']> };
  LeadEdge: Omit<LeadEdge, 'node'> & { node: ResolversParentTypes['Lead'] };
  LeadFilter: LeadFilter;
  LeadOrder: LeadOrder;
  Money: Money;
  MoveOpportunityStageInput: MoveOpportunityStageInput;
  MoveOpportunityStagePayload: Omit<MoveOpportunityStagePayload, 'opportunity'> & { opportunity: ResolversParentTypes['Opportunity'] };
  Mutation: Record<PropertyKey, never>;
  Opportunity: OpportunityRow;
  OpportunityConnection: Omit<OpportunityConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['OpportunityEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Opportunity']> };
  OpportunityEdge: Omit<OpportunityEdge, 'node'> & { node: ResolversParentTypes['Opportunity'] };
  OpportunityFilter: OpportunityFilter;
  OpportunityOrder: OpportunityOrder;
  PageInfo: PageInfo;
  PipelineRow: PipelineGroupRow;
  PipelineTotals: PipelineTotals;
  Query: Record<PropertyKey, never>;
  StageTotals: StageTotals;
  UpdateLeadStatusInput: UpdateLeadStatusInput;
  UpdateLeadStatusPayload: Omit<UpdateLeadStatusPayload, 'lead'> & { lead: ResolversParentTypes['Lead'] };
  User: UserRow;
  String: Scalars['String']['output'];
};

export type ContactDirectiveArgs = {
  description?: Maybe<Scalars['String']['input']>;
  name: Scalars['String']['input'];
  url?: Maybe<Scalars['String']['input']>;
};

export type ContactDirectiveResolver<Result, Parent, ContextType = Context, Args = ContactDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ReadsDirectiveArgs = {
  fields: ReadonlyArray<Scalars['String']['input']>;
};

export type ReadsDirectiveResolver<Result, Parent, ContextType = Context, Args = ReadsDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AccountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account'], FederationReferenceType extends FederationReferenceTypes['Account'] = FederationReferenceTypes['Account']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Account']> | FederationReferenceType, FederationReferenceType, ContextType>;
  annualRevenue?: Resolver<Maybe<ResolversTypes['Money']>, ParentType, ContextType>;
  contacts?: Resolver<ResolversTypes['ContactConnection'], ParentType, ContextType, RequireFields<AccountContactsArgs, 'first'>>;
  country?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  employees?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  foundedYear?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  industry?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  leads?: Resolver<ResolversTypes['LeadConnection'], ParentType, ContextType, RequireFields<AccountLeadsArgs, 'first'>>;
  lifecycleStage?: Resolver<Maybe<ResolversTypes['LifecycleStage']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  opportunities?: Resolver<ResolversTypes['OpportunityConnection'], ParentType, ContextType, RequireFields<AccountOpportunitiesArgs, 'first'>>;
  owner?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  ownerSource?: Resolver<Maybe<ResolversTypes['OwnerSource']>, ParentType, ContextType>;
  parent?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  pipeline?: Resolver<ResolversTypes['PipelineTotals'], ParentType, ContextType>;
  syncReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  syncState?: Resolver<Maybe<ResolversTypes['SyncState']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AccountConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountConnection'] = ResolversParentTypes['AccountConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AccountEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Account']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AccountEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountEdge'] = ResolversParentTypes['AccountEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
};

export type AssignAccountOwnerPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AssignAccountOwnerPayload'] = ResolversParentTypes['AssignAccountOwnerPayload']> = {
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type AssignLeadOwnerPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AssignLeadOwnerPayload'] = ResolversParentTypes['AssignLeadOwnerPayload']> = {
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  lead?: Resolver<ResolversTypes['Lead'], ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type ContactResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Contact'] = ResolversParentTypes['Contact'], FederationReferenceType extends FederationReferenceTypes['Contact'] = FederationReferenceTypes['Contact']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Contact']> | FederationReferenceType, FederationReferenceType, ContextType>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  country?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  leads?: Resolver<ResolversTypes['LeadConnection'], ParentType, ContextType, RequireFields<ContactLeadsArgs, 'first'>>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  phone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ContactConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContactConnection'] = ResolversParentTypes['ContactConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ContactEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Contact']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ContactEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ContactEdge'] = ResolversParentTypes['ContactEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Contact'], ParentType, ContextType>;
};

export type CreateLeadPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CreateLeadPayload'] = ResolversParentTypes['CreateLeadPayload']> = {
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  lead?: Resolver<ResolversTypes['Lead'], ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface DecimalScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Decimal'], any> {
  name: 'Decimal';
}

export type EventReceiptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventReceipt'] = ResolversParentTypes['EventReceipt']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type LeadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Lead'] = ResolversParentTypes['Lead'], FederationReferenceType extends FederationReferenceTypes['Lead'] = FederationReferenceTypes['Lead']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Lead']> | FederationReferenceType, FederationReferenceType, ContextType>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  contact?: Resolver<Maybe<ResolversTypes['Contact']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  owner?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['LeadStatus'], ParentType, ContextType>;
  syncReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  syncState?: Resolver<Maybe<ResolversTypes['SyncState']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LeadConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LeadConnection'] = ResolversParentTypes['LeadConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['LeadEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Lead']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LeadEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LeadEdge'] = ResolversParentTypes['LeadEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Lead'], ParentType, ContextType>;
};

export type MoneyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Money'] = ResolversParentTypes['Money']> = {
  amount?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  currency?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MoveOpportunityStagePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MoveOpportunityStagePayload'] = ResolversParentTypes['MoveOpportunityStagePayload']> = {
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  opportunity?: Resolver<ResolversTypes['Opportunity'], ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  assignAccountOwner?: Resolver<Maybe<ResolversTypes['AssignAccountOwnerPayload']>, ParentType, ContextType, RequireFields<MutationAssignAccountOwnerArgs, 'input'>>;
  assignLeadOwner?: Resolver<Maybe<ResolversTypes['AssignLeadOwnerPayload']>, ParentType, ContextType, RequireFields<MutationAssignLeadOwnerArgs, 'input'>>;
  createLead?: Resolver<Maybe<ResolversTypes['CreateLeadPayload']>, ParentType, ContextType, RequireFields<MutationCreateLeadArgs, 'input'>>;
  moveOpportunityStage?: Resolver<Maybe<ResolversTypes['MoveOpportunityStagePayload']>, ParentType, ContextType, RequireFields<MutationMoveOpportunityStageArgs, 'input'>>;
  updateLeadStatus?: Resolver<Maybe<ResolversTypes['UpdateLeadStatusPayload']>, ParentType, ContextType, RequireFields<MutationUpdateLeadStatusArgs, 'input'>>;
};

export type OpportunityResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Opportunity'] = ResolversParentTypes['Opportunity'], FederationReferenceType extends FederationReferenceTypes['Opportunity'] = FederationReferenceTypes['Opportunity']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Opportunity']> | FederationReferenceType, FederationReferenceType, ContextType>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  amount?: Resolver<Maybe<ResolversTypes['Money']>, ParentType, ContextType>;
  closeDate?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  openDate?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  owner?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  product?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['OpportunityStage'], ParentType, ContextType>;
  syncReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  syncState?: Resolver<Maybe<ResolversTypes['SyncState']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type OpportunityConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OpportunityConnection'] = ResolversParentTypes['OpportunityConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OpportunityEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Opportunity']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type OpportunityEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OpportunityEdge'] = ResolversParentTypes['OpportunityEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Opportunity'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PipelineRowResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PipelineRow'] = ResolversParentTypes['PipelineRow']> = {
  key?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  owner?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  totals?: Resolver<ResolversTypes['PipelineTotals'], ParentType, ContextType>;
};

export type PipelineTotalsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PipelineTotals'] = ResolversParentTypes['PipelineTotals']> = {
  byStage?: Resolver<ReadonlyArray<ResolversTypes['StageTotals']>, ParentType, ContextType>;
  lostCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  observedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  openAmount?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Money']>>, ParentType, ContextType>;
  openCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  wonAmount?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Money']>>, ParentType, ContextType>;
  wonCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<QueryAccountArgs, 'id'>>;
  accountByDomain?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<QueryAccountByDomainArgs, 'domain'>>;
  accounts?: Resolver<ResolversTypes['AccountConnection'], ParentType, ContextType, RequireFields<QueryAccountsArgs, 'first'>>;
  contact?: Resolver<Maybe<ResolversTypes['Contact']>, ParentType, ContextType, RequireFields<QueryContactArgs, 'id'>>;
  contactByEmail?: Resolver<Maybe<ResolversTypes['Contact']>, ParentType, ContextType, RequireFields<QueryContactByEmailArgs, 'email'>>;
  contacts?: Resolver<ReadonlyArray<ResolversTypes['Contact']>, ParentType, ContextType, RequireFields<QueryContactsArgs, 'ids'>>;
  lead?: Resolver<Maybe<ResolversTypes['Lead']>, ParentType, ContextType, RequireFields<QueryLeadArgs, 'id'>>;
  leads?: Resolver<ResolversTypes['LeadConnection'], ParentType, ContextType, RequireFields<QueryLeadsArgs, 'first'>>;
  opportunities?: Resolver<ResolversTypes['OpportunityConnection'], ParentType, ContextType, RequireFields<QueryOpportunitiesArgs, 'first'>>;
  opportunity?: Resolver<Maybe<ResolversTypes['Opportunity']>, ParentType, ContextType, RequireFields<QueryOpportunityArgs, 'id'>>;
  pipeline?: Resolver<ReadonlyArray<ResolversTypes['PipelineRow']>, ParentType, ContextType, RequireFields<QueryPipelineArgs, 'groupBy'>>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType, RequireFields<QueryUserArgs, 'id'>>;
};

export type StageTotalsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StageTotals'] = ResolversParentTypes['StageTotals']> = {
  amount?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Money']>>, ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['OpportunityStage'], ParentType, ContextType>;
};

export type UpdateLeadStatusPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UpdateLeadStatusPayload'] = ResolversParentTypes['UpdateLeadStatusPayload']> = {
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  lead?: Resolver<ResolversTypes['Lead'], ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type UserResolvers<ContextType = Context, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User'], FederationReferenceType extends FederationReferenceTypes['User'] = FederationReferenceTypes['User']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['User']> | FederationReferenceType, FederationReferenceType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  manager?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  team?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Account?: AccountResolvers<ContextType>;
  AccountConnection?: AccountConnectionResolvers<ContextType>;
  AccountEdge?: AccountEdgeResolvers<ContextType>;
  AssignAccountOwnerPayload?: AssignAccountOwnerPayloadResolvers<ContextType>;
  AssignLeadOwnerPayload?: AssignLeadOwnerPayloadResolvers<ContextType>;
  Contact?: ContactResolvers<ContextType>;
  ContactConnection?: ContactConnectionResolvers<ContextType>;
  ContactEdge?: ContactEdgeResolvers<ContextType>;
  CreateLeadPayload?: CreateLeadPayloadResolvers<ContextType>;
  Date?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  Decimal?: GraphQLScalarType;
  EventReceipt?: EventReceiptResolvers<ContextType>;
  Lead?: LeadResolvers<ContextType>;
  LeadConnection?: LeadConnectionResolvers<ContextType>;
  LeadEdge?: LeadEdgeResolvers<ContextType>;
  Money?: MoneyResolvers<ContextType>;
  MoveOpportunityStagePayload?: MoveOpportunityStagePayloadResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Opportunity?: OpportunityResolvers<ContextType>;
  OpportunityConnection?: OpportunityConnectionResolvers<ContextType>;
  OpportunityEdge?: OpportunityEdgeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PipelineRow?: PipelineRowResolvers<ContextType>;
  PipelineTotals?: PipelineTotalsResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  StageTotals?: StageTotalsResolvers<ContextType>;
  UpdateLeadStatusPayload?: UpdateLeadStatusPayloadResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  contact?: ContactDirectiveResolver<any, any, ContextType>;
  reads?: ReadsDirectiveResolver<any, any, ContextType>;
};
