import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from '#events/define-event.ts';
import { registry } from '#events/registry.ts';
import { asyncapiOf } from './asyncapi.ts';
import { contractOf } from './event-contract.ts';
import { prepareEvents, writeEvents } from './publish-events.ts';

const example = { status: 'NEW' };
const made = {
  name: 'LeadCreated',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A lead.',
  example,
} as const;
const created = defineEvent({
  ...made,
  orderedBy: 'subject',
  routing: ['leadid'],
  fields: { status: z.string() },
});
const retyped = defineEvent({
  ...made,
  orderedBy: 'subject',
  routing: ['leadid'],
  example: { status: 1 },
  fields: { status: z.number() },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-events-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const places = () => ({
  folder: join(folder, 'events'),
  asyncapi: join(folder, 'asyncapi.yaml'),
  page: join(folder, 'events.md'),
});

async function publish(definitions: Parameters<typeof prepareEvents>[0]): Promise<void> {
  const publication = await prepareEvents(definitions, places());
  if (publication.kind === 'refused') throw new Error(publication.reasons.join());
  await writeEvents(publication);
}

describe('publishing events', () => {
  it('writes a contract for each version, an AsyncAPI document and a page, and then nothing more', async () => {
    await publish([created]);
    const contract = JSON.parse(await readFile(join(folder, 'events/LeadCreated.v1.json'), 'utf8'));
    expect(contract).toMatchObject({ type: 'tributary.crm.LeadCreated.v1', example });
    expect(await readFile(places().asyncapi, 'utf8')).toContain('tributary.crm.LeadCreated.v1');
    expect(await readFile(places().page, 'utf8')).toContain('### LeadCreated.v1');
    expect(await prepareEvents([created], places())).toMatchObject({ kind: 'ready', stale: [] });
  });

  it('tells a file that was edited by hand', async () => {
    await publish([created]);
    await writeFile(places().page, 'something else');
    expect(await prepareEvents([created], places())).toMatchObject({ kind: 'ready', stale: [places().page] });
  });

  it('refuses another shape of a published version, and a version that is gone', async () => {
    await publish([created]);
    expect(await prepareEvents([retyped], places())).toEqual({
      kind: 'refused',
      reasons: ['tributary.crm.LeadCreated.v1: data.status was string and is now number'],
    });
    expect(await prepareEvents([], places())).toEqual({
      kind: 'refused',
      reasons: ['tributary.crm.LeadCreated.v1 is published and no longer registered'],
    });
  });

  it('refuses an envelope that its readers would not know', async () => {
    await publish([created]);
    const file = join(folder, 'events/envelope.json');
    const envelope = JSON.parse(await readFile(file, 'utf8'));
    envelope.properties.region = { type: 'string' };
    await writeFile(file, JSON.stringify(envelope));
    expect(await prepareEvents([created], places())).toEqual({
      kind: 'refused',
      reasons: ['the envelope.region is gone: readers need it'],
    });
  });

  it('takes the next version beside the one that is published', async () => {
    await publish([created]);
    const second = defineEvent({
      ...made,
      version: 2,
      orderedBy: 'subject',
      routing: ['leadid'],
      example: { status: 1 },
      fields: { status: z.number() },
    });
    expect(await prepareEvents([created, second], places())).toMatchObject({ kind: 'ready' });
  });
});

describe('the AsyncAPI document', () => {
  it('is valid by the parser of AsyncAPI, and has every event', async () => {
    const { document, diagnostics } = await new Parser().parse(
      asyncapiOf([...registry.values()].map(contractOf)),
    );
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address())
        .sort(),
    ).toEqual([...registry.keys()].sort());
  });
});
