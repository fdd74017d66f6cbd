import type { AskOptions, ChangePage, RecordKey, Seen, VendorSystem } from '#chassis/vendor/system.ts';
import type { SuppressionReason } from '../__generated__/resolvers.ts';
import type { CampaignValues } from '../store/tables.ts';

/** An email platform in the words of marketing. */
export interface EmailRecords {
  /** Counts are as the vendor reports them for the campaign as a whole. */
  campaigns: Omit<CampaignValues, 'id'>;
  recipients: RecipientRecord;
  suppressions: SuppressionRecord;
  activities: ActivityRecord;
}

export type EmailType = keyof EmailRecords;

/** Types in the order in which they are read at first. */
export const emailTypes = ['campaigns', 'recipients', 'suppressions', 'activities'] as const;

/** Somebody the platform knows. Its `externalId` is the contact's id where somebody wrote it there. */
export interface RecipientRecord {
  /** In lower case; it is passed through and not kept. Null where the vendor knows another way to the person. */
  readonly address: string | null;
}

/** Why the platform does not write to somebody. */
export interface SuppressionRecord {
  readonly reason: SuppressionReason;
  readonly suppressedAt: string;
  /** Whom: the vendor's id of the recipient, the address in lower case, or both. */
  readonly recipientId: string | null;
  readonly address: string | null;
}

/** What became of one message to one person. Five openings of one message are five activities. */
export interface ActivityRecord {
  readonly kind: 'SENT' | 'DELIVERED' | 'OPENED' | 'CLICKED' | 'BOUNCED';
  readonly at: string;
  /** The same for all activities of one message to one person. */
  readonly messageId: string;
  /** The vendor's id; null where the message is of no campaign. */
  readonly campaignId: string | null;
  readonly recipientId: string | null;
  readonly address: string | null;
}

/** Somebody as a change names it; the address goes to the vendor and into no log. */
export interface Addressee {
  /** Ours. */
  readonly contactId: string;
  /** The vendor's; null where we do not know it. */
  readonly recipientId: string | null;
  readonly address: string | null;
}

/** What the graph changes at a platform. */
export type EmailChange =
  | {
      readonly kind: 'enroll';
      readonly addressee: Addressee;
      /** The vendor's id of the campaign. */
      readonly campaignId: string;
      readonly at: string;
    }
  /** It must not write to somebody any more. */
  | { readonly kind: 'suppress'; readonly addressee: Addressee; readonly reason: SuppressionReason }
  /** What consent had imposed holds no more: the person said yes. */
  | { readonly kind: 'lift'; readonly addressee: Addressee };

export type EmailSystem = VendorSystem<EmailRecords, EmailChange>;

/** What one type's file of an adapter gives to its system. */
export interface TypeReader<Type extends EmailType> {
  readonly read: (key: RecordKey, ask: AskOptions) => Promise<readonly Seen<EmailRecords[Type]>[]>;
  readonly changes: (since: string | null, ask: AskOptions) => Promise<ChangePage<EmailRecords[Type]>>;
}

/** Reads and changes of a system, each by its type's file; a request that was given up asks for nothing. */
export function readingBy(
  readers: {
    readonly [Type in EmailType]: TypeReader<Type>;
  },
): Pick<EmailSystem, 'read' | 'changes'> {
  return {
    read: async (type, key, ask) => {
      ask.signal.throwIfAborted();
      return readers[type].read(key, ask);
    },
    changes: async (type, since, ask) => {
      ask.signal.throwIfAborted();
      return readers[type].changes(since, ask);
    },
  };
}
