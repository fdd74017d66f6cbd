import { Command } from 'commander';
import type { Operation } from '../run/operations.ts';
import { dataDirOption, dispatch, isDelivery, jsonLine, list, tenantOf } from './operation-command.ts';

export function eventsCommand(): Command {
  return new Command('events')
    .description('domain events: what they promise, and what happens')
    .addCommand(
      dataDirOption(new Command('tail'))
        .description('print events as they happen, until Ctrl-C')
        .option(
          '--from <place>',
          'begin at a time, behind a cursor or behind an event by its id (default: now)',
        )
        .option('--no-follow', 'end with the last event there is')
        .option('--type <names>', 'only these, such as LeadCreated,LeadStatusChanged.v1', list)
        .option('--json', 'print whole deliveries, one a line')
        .action(tail),
    )
    .addCommand(
      dataDirOption(new Command('show'))
        .description('print one event')
        .argument('<id>', "the event's id")
        .action(show),
    )
    .addCommand(
      dataDirOption(new Command('replay'))
        .description('bring kept events to a consumer that has not handled them, while traffic goes on')
        .requiredOption('--consumer <name>', 'such as email.consent-suppression')
        .option('--from <place>', 'a time, a cursor or an event id (default: the oldest event)')
        .option('--to <time>', 'events before this time, such as 2026-03-01T00:00:00Z (default: all)')
        .option('--type <names>', 'only these of the types that it reacts to', list)
        .option('--again', 'also what it has handled; only for consumers that may handle an event twice')
        .option('--dry-run', 'only count')
        .action(replay),
    )
    .addCommand(
      new Command('publish')
        .description('write the contracts of all events; refuse a change that would break their readers')
        .option('--check', 'write nothing; fail where a file is not what would be written')
        .option('--folder <folder>', 'one file for each published version', 'contracts/events')
        .option('--asyncapi <file>', 'all events as AsyncAPI', 'contracts/asyncapi.yaml')
        .option('--page <file>', 'all events as a page', 'docs/events.md')
        .action(publish),
    );
}

interface TailOptions {
  readonly from?: string;
  readonly follow: boolean;
  readonly type?: readonly string[];
  readonly json?: true;
  readonly tenant: string;
  readonly dataDir: string;
}

async function tail({ from, follow, type, json, ...place }: TailOptions): Promise<void> {
  const operation: Operation = {
    kind: 'tail',
    ...tenantOf(place),
    follow,
    ...(from && { from }),
    ...(type && { types: [...type] }),
  };
  await dispatch('Reading', place, operation, (item) => {
    process.stdout.write(json ? jsonLine(item) : `${deliveryLine(item)}\n`);
  });
}

/** One delivery on one line, for a person. */
function deliveryLine(item: unknown): string {
  if (!isDelivery(item)) return JSON.stringify(item);
  if (item.kind === 'gap') return '--- events are missing here: they are no longer kept ---';
  const { time, type, subject, entityversion, data } = item.event;
  const name = type.split('.').slice(2).join('.');
  return `${time} ${name} ${subject} v${entityversion} ${JSON.stringify(data)} ${item.event.id}`;
}

async function show(id: string, place: { readonly tenant: string; readonly dataDir: string }): Promise<void> {
  const found = await dispatch('Looking', place, { kind: 'show', ...tenantOf(place), id });
  process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}

interface ReplayOptions {
  readonly consumer: string;
  readonly from?: string;
  readonly to?: string;
  readonly type?: readonly string[];
  readonly again?: true;
  readonly dryRun?: true;
  readonly tenant: string;
  readonly dataDir: string;
}

async function replay({ consumer, from, to, type, again, dryRun, ...place }: ReplayOptions): Promise<void> {
  const report = await dispatch('Replaying', place, {
    kind: 'replay',
    ...tenantOf(place),
    consumer,
    ...(from && { from }),
    ...(to && { to }),
    ...(type && { types: [...type] }),
    again: again === true,
    dryRun: dryRun === true,
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

interface PublishOptions {
  readonly check?: true;
  readonly folder: string;
  readonly asyncapi: string;
  readonly page: string;
}

async function publish({ check, ...places }: PublishOptions): Promise<void> {
  const { prepareEvents, writeEvents } = await import('#contracts/publish/events/publish-events.ts');
  const { registry } = await import('#events/registry.ts');
  const publication = await prepareEvents([...registry.values()], places);
  if (publication.kind === 'refused') {
    throw new Error(
      `Published events cannot change like this; define the next version beside them: ${publication.reasons.join(' | ')}`,
    );
  }
  const { stale, files } = publication;
  if (check && stale.length > 0) {
    throw new Error(`${stale.join(', ')}: not current; run "npm run events" and commit the files.`);
  }
  if (!check) await writeEvents(publication);
  process.stdout.write(
    `${registry.size} events, ${files.size} files, ${stale.length} of them written anew\n`,
  );
}
