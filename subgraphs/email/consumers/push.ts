import type { Store } from '#chassis/store/store.ts';
import { pushConsumer } from '#chassis/vendor/pushes/consumer.ts';
import type { OutsideConsumer } from '#events/consumer.ts';
import { campaignEnrolledV1, contactSuppressedV1, suppressionLiftedV1 } from '#events/schemas/index.ts';
import type { AddressOf } from '../addresses.ts';
import { emailChangeOf } from '../pushes/change.ts';
import type { EmailSystems } from '../pushes/record.ts';
import { settleEmailChange } from '../pushes/settle.ts';
import type { Tables } from '../store/tables.ts';

export interface EmailPushOptions {
  readonly store: Store<Tables>;
  readonly systems: EmailSystems;
  readonly addressOf: AddressOf;
}

/** Brings what mutations and consent changed to the vendor's email platform, a contact's changes one after another. */
export function emailPush({ store, systems, addressOf }: EmailPushOptions): OutsideConsumer {
  return pushConsumer({
    name: 'email.push',
    events: [campaignEnrolledV1, contactSuppressedV1, suppressionLiftedV1],
    store,
    systems,
    joins: false,
    changeOf: (batch, { vendor }) => emailChangeOf(store.db, addressOf, batch, vendor),
    settle: (trx, batch, outcome, by) => settleEmailChange(trx, batch, outcome, by),
  });
}
