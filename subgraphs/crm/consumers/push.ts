import type { Store } from '#chassis/store/store.ts';
import { pushConsumer } from '#chassis/vendor/pushes/consumer.ts';
import type { Push } from '#chassis/vendor/pushes/tables.ts';
import { anySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { linksOfIds } from '#chassis/vendor/replica/links.ts';
import { readByIds } from '#chassis/vendor/replica/read-records.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import type { Writer } from '#chassis/vendor/replica/writer.ts';
import type { OutsideConsumer } from '#events/consumer.ts';
import {
  accountOwnerAssignedV1,
  leadCreatedV1,
  leadOwnerAssignedV1,
  leadStatusChangedV1,
  opportunityStageMovedV1,
} from '#events/schemas/index.ts';
import type { CrmSystem } from '../adapters/crm.ts';
import { crmChangeOf } from '../pushes/change.ts';
import { settleCrmChange } from '../pushes/settle.ts';
import type { Tables } from '../store/tables.ts';

export interface CrmPushOptions {
  readonly store: Store<Tables>;
  /** By tenant. */
  readonly systems: ReadonlyMap<string, CrmSystem>;
  /** Into the replica. */
  readonly write: Writer<Tables>;
}

/** Brings what mutations changed to the vendor's CRM. */
export function crmPush({ store, systems, write }: CrmPushOptions): OutsideConsumer {
  const readAgain = async ({ tenant, type, id, eventId }: Push, signal: AbortSignal): Promise<void> => {
    const system = systems.get(tenant);
    if (system === undefined) return;
    const { vendor } = system;
    const link = (await linksOfIds(store.db, { tenant, vendor, type }, [id])).get(id);
    if (link === undefined) return;
    const observedAt = readTime();
    const at = { urgency: 'push', signal } as const;
    const seen = await readByIds(anySystem(system), type, [link.vendorId], at);
    const cause = vendorCause(vendor, tenant, eventId);
    await write({ system: anySystem(system), tenant, type, seen, observedAt, cause, ...at });
  };
  return pushConsumer({
    name: 'crm.push',
    events: [
      leadCreatedV1,
      leadStatusChangedV1,
      leadOwnerAssignedV1,
      accountOwnerAssignedV1,
      opportunityStageMovedV1,
    ],
    store,
    systems,
    joins: true,
    changeOf: (batch, { vendor }) => crmChangeOf(store.db, batch, vendor),
    settle: (trx, batch, outcome, by) => settleCrmChange(trx, store.engine, batch, outcome, by),
    readAgain,
  });
}
