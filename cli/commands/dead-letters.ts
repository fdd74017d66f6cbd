import { Command } from 'commander';
import type { DeadLetter } from '#events/dead-letter.ts';
import type { Operation } from '../run/operations.ts';
import { wholeNumber } from '../settings.ts';
import { dataDirOption, dispatch, jsonLine, tenantOf } from './operation-command.ts';

interface Chosen {
  readonly consumer: string;
  readonly tenant: string;
  readonly dataDir: string;
}

export function deadLettersCommand(): Command {
  const ofConsumer = (command: Command) =>
    dataDirOption(command).requiredOption('--consumer <name>', 'such as email.consent-suppression');
  return new Command('dead-letters')
    .description('events that a consumer gave up on')
    .addCommand(
      dataDirOption(new Command('list'))
        .description('print what consumers gave up on, oldest first')
        .option('--consumer <name>', 'only of this one')
        .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 100)
        .option('--json', 'print them whole, one a line')
        .action(listLetters),
    )
    .addCommand(
      ofConsumer(new Command('show'))
        .description('print one with its event, its attempts and its error')
        .argument('<id>', "the event's id")
        .action(show),
    )
    .addCommand(
      ofConsumer(new Command('retry'))
        .description('handle them once more; what fails stays')
        .argument('[ids...]', "the events' ids")
        .option('--all', 'all of the consumer')
        .action(retry),
    )
    .addCommand(
      ofConsumer(new Command('discard'))
        .description('forget them: these events never take effect')
        .argument('<ids...>', "the events' ids")
        .action(discard),
    );
}

interface ListOptions extends Omit<Chosen, 'consumer'> {
  readonly consumer?: string;
  readonly limit: number;
  readonly json?: true;
}

async function listLetters({ consumer, limit, json, ...place }: ListOptions): Promise<void> {
  const operation: Operation = {
    kind: 'dead-letters',
    ...tenantOf(place),
    limit,
    ...(consumer && { consumer }),
  };
  const report = await dispatch('Listing', place, operation, (item) => {
    process.stdout.write(json ? jsonLine(item) : `${letterLine(item as DeadLetter)}\n`);
  });
  if (!json) process.stdout.write(`${(report as { listed: number }).listed} dead letters\n`);
}

function letterLine({ consumer, event, attempts, lastFailedAt, error }: DeadLetter): string {
  const [reason] = error.split('\n', 1);
  return `${lastFailedAt} ${consumer} ${event.id} ${event.type} ${event.subject} after ${attempts} attempts: ${reason}`;
}

async function show(id: string, { consumer, ...place }: Chosen): Promise<void> {
  const letter = await dispatch('Looking', place, { kind: 'dead-letter', ...tenantOf(place), consumer, id });
  process.stdout.write(`${JSON.stringify(letter, null, 2)}\n`);
}

async function retry(
  ids: readonly string[],
  { all, consumer, ...place }: Chosen & { readonly all?: true },
): Promise<void> {
  if ((ids.length === 0) === (all === undefined))
    throw new Error('Name the events by their ids, or say --all.');
  const operation: Operation = {
    kind: 'retry',
    ...tenantOf(place),
    consumer,
    ...(all ? {} : { ids: [...ids] }),
  };
  const report = await dispatch('Retrying', place, operation, (item) => {
    const { id, error } = item as { id: string; error: string };
    process.stdout.write(`${id} failed again: ${error}\n`);
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function discard(ids: readonly string[], { consumer, ...place }: Chosen): Promise<void> {
  const operation: Operation = { kind: 'discard', ...tenantOf(place), consumer, ids: [...ids] };
  process.stdout.write(`${JSON.stringify(await dispatch('Discarding', place, operation))}\n`);
}
