import { type Cause, type EventEnvelope, makeEvent, type Routing } from '#events/envelope.ts';
import { conversionRecordedV1, touchRecordedV1 } from '#events/schemas/index.ts';
import type { RecordedConversion, RecordedTouch } from './store/tables.ts';

/** Facts never change. */
const entityVersion = 1;

export function touchRecorded(touch: RecordedTouch, cause: Cause): EventEnvelope<object> {
  const { id, accountId, leadId, campaignId, channel, kind, at } = touch;
  const routing = given({ accountid: accountId, leadid: leadId, campaignid: campaignId });
  return makeEvent(
    touchRecordedV1,
    { subject: id, entityVersion, routing, data: { channel, kind, at } },
    cause,
  );
}

export function conversionRecorded(conversion: RecordedConversion, cause: Cause): EventEnvelope<object> {
  const { id, accountId, kind, at } = conversion;
  const change = { subject: id, entityVersion, routing: { accountid: accountId }, data: { kind, at } };
  return makeEvent(conversionRecordedV1, change, cause);
}

function given(keys: Readonly<Record<string, string | null>>): Routing {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null));
}
