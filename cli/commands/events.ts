import { Command } from 'commander';

export function eventsCommand(): Command {
  return new Command('events')
    .description('domain events: what they promise')
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
