import type { Transaction } from 'kysely';
import { anySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import type { AnySeen } from '#chassis/vendor/replica/read-records.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import type { Replica } from '#chassis/vendor/replica/replica.ts';
import type { WriteReport } from '#chassis/vendor/replica/writer.ts';
import type { Notice, Seen } from '#chassis/vendor/system.ts';
import type { WriteContent } from '#chassis/vendor/webhooks/source.ts';
import type { ActivityRecord, SuppressionRecord } from '../adapters/email.ts';
import type { Tables } from '../store/tables.ts';
import type { Linked } from './linked-system.ts';

/** Writes what platforms say in full, with the notices, once; who it is about is asked before. */
export function writeNoticed({
  linked,
  replica,
}: {
  readonly linked: ReadonlyMap<string, Linked>;
  readonly replica: Replica<Tables>;
}): WriteContent<Tables>['apply'] {
  return async (notices, { tenant, within, signal }) => {
    const platform = linked.get(tenant);
    if (platform === undefined) throw new Error(`The tenant "${tenant}" has no platform any more.`);
    const system = anySystem(platform.system);
    const observedAt = readTime();
    const options = { urgency: 'sync', signal } as const;
    const cause = vendorCause(system.vendor, tenant);
    const writes: ((trx: Transaction<Tables>) => Promise<WriteReport>)[] = [];
    for (const type of ['suppressions', 'activities'] as const) {
      const ofType = notices.filter((notice) => notice.type === type);
      if (ofType.length === 0) continue;
      const seen = (await platform.link(type, ofType.map(saidBy), options)) as readonly AnySeen[];
      writes.push(await replica.prepareWrite({ system, tenant, type, seen, observedAt, cause, ...options }));
    }
    await replica.store.transaction(async (trx) => {
      // What others have by now is theirs: it is not written, and what is left is tried again.
      await within(trx);
      for (const write of writes) await write(trx);
    });
  };
}

function saidBy({ recordId: id, occurredAt, content }: Notice): Seen<SuppressionRecord | ActivityRecord> {
  const values = content as SuppressionRecord | ActivityRecord;
  return {
    kind: 'record',
    record: { id, externalId: null, values, createdAt: null, changedAt: occurredAt },
  };
}
