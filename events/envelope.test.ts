import { describe, expect, it } from 'vitest';
import { type Cause, makeEvent, parseEnvelope } from './envelope.ts';
import { conversionRecordedV1, leadOwnerAssignedV1, leadStatusChangedV1 } from './schemas/index.ts';

const cause: Cause = {
  tenant: 'acme',
  actor: 'user:usr_7',
  origin: 'mutation',
  correlationId: 'req_1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  idempotencyKey: 'key-1',
};
const change = {
  subject: 'lea_1',
  entityVersion: 3,
  routing: { leadid: 'lea_1', accountid: 'acc_1', ownerid: 'usr_7' },
  data: { from: 'NEW', to: 'WORKING' },
};

describe('an event', () => {
  it('is a CloudEvent with what readers route by', () => {
    const event = makeEvent(leadStatusChangedV1, { ...change, time: '2026-03-01T09:30:00.000Z' }, cause);
    expect(event).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/),
      source: '/subgraphs/crm',
      type: 'tributary.crm.LeadStatusChanged.v1',
      subject: 'lea_1',
      time: '2026-03-01T09:30:00.000Z',
      datacontenttype: 'application/json',
      tenant: 'acme',
      partitionkey: 'lea_1',
      entityversion: 3,
      origin: 'mutation',
      actor: 'user:usr_7',
      correlationid: 'req_1',
      traceparent: cause.traceparent,
      idempotencykey: 'key-1',
      leadid: 'lea_1',
      accountid: 'acc_1',
      ownerid: 'usr_7',
      data: { from: 'NEW', to: 'WORKING' },
    });
    expect(parseEnvelope(JSON.stringify(event))).toEqual(event);
  });

  it('has an id that sorts behind those made before', () => {
    const ids = Array.from({ length: 200 }, () => makeEvent(leadStatusChangedV1, change, cause).id);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('is ordered by the key that its definition names', () => {
    const data = { kind: 'OPPORTUNITY_WON', at: '2026-03-01T09:30:00.000Z' };
    const made = { subject: 'cnv_1', entityVersion: 1, data };
    const event = makeEvent(conversionRecordedV1, { ...made, routing: { accountid: 'acc_1' } }, cause);
    expect(event.partitionkey).toBe('acc_1');
    expect(() => makeEvent(conversionRecordedV1, { ...made, routing: {} }, cause)).toThrow('accountid');
  });

  it('says nothing that its schema does not know', () => {
    const data = { from: null, to: 'usr_7', email: 'somebody@example.com' };
    expect(() => makeEvent(leadOwnerAssignedV1, { ...change, data }, cause)).toThrow('email');
  });

  it('is read only where it is one of ours', () => {
    const event = makeEvent(leadStatusChangedV1, change, cause);
    const { tenant: _, ...homeless } = event;
    expect(() => parseEnvelope(JSON.stringify(homeless))).toThrow('tenant');
    expect(() => parseEnvelope(JSON.stringify({ ...event, id: 'evt_1' }))).toThrow('id');
    expect(() => parseEnvelope('{')).toThrow();
  });
});
