import { Argument, Command, InvalidArgumentError } from 'commander';
import type { BackfillReport } from '#chassis/vendor/replica/sync/backfill.ts';
import type { ReconcileReport } from '#chassis/vendor/replica/sync/reconcile.ts';
import { defaults, defaultTenant, tenantOption } from '../settings.ts';
import { decisionsCommand } from './sync-decisions.ts';

interface SyncOptions {
  readonly tenant: string;
  readonly json?: true;
  readonly dataDir: string;
}

export function syncCommand(): Command {
  return new Command('sync')
    .description('bring what is kept of a vendor up to date')
    .addCommand(
      shared(new Command('backfill'))
        .description('read all that the vendor has; a run that broke off is taken up where it was')
        .option('--again', 'begin at the beginning, also where an earlier run came further')
        .action(runBackfill),
    )
    .addCommand(
      shared(new Command('reconcile'))
        .description(
          'compare with the vendor in both directions; exits with 1 where differences remain, 0 where there are none',
        )
        .option(
          '--since <time>',
          'only what was changed since then, such as 2026-01-01 (default: all)',
          timeOption,
        )
        .option('--repair', 'write what the vendor has')
        .addHelpText(
          'after',
          `
Either way all that the vendor has is read once, a page at a time. With --repair it exits with 1 only where some could
not be repaired, and says how many and why. What is left out because the mapping has no word for it is no difference.`,
        )
        .action(runReconcile),
    )
    .addCommand(decisionsCommand());
}

function shared(command: Command): Command {
  return command
    .addArgument(new Argument('<subgraph>', 'which one').choices(['crm', 'email']))
    .option('--tenant <name>', 'whose vendor', tenantOption, defaultTenant)
    .option('--json', 'print the whole report as JSON')
    .option('--data-dir <folder>', 'where the store is (environment: DATA_DIR)', defaults.dataDir());
}

/** A day or a time, as RFC 3339 in UTC with milliseconds. */
function timeOption(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError(
      'It must be a day such as 2026-01-01, or a time such as 2026-01-01T09:30:00Z.',
    );
  }
  return new Date(time).toISOString();
}

async function runBackfill(
  subgraph: 'crm' | 'email',
  { tenant, again = false, json, dataDir }: SyncOptions & { readonly again?: boolean },
): Promise<void> {
  const { dispatchSync } = await import('../run/sync.ts');
  const sync = { kind: 'backfill', subgraph, tenant, again } as const;
  const report = (await dispatchSync('Reading the vendor', dataDir, sync)) as BackfillReport;
  print(report, json, backfillText);
}

async function runReconcile(
  subgraph: 'crm' | 'email',
  {
    tenant,
    since,
    repair = false,
    json,
    dataDir,
  }: SyncOptions & { readonly since?: string; readonly repair?: boolean },
): Promise<void> {
  const { dispatchSync } = await import('../run/sync.ts');
  const sync = { kind: 'reconcile', subgraph, tenant, repair, ...(since && { since }) } as const;
  const report = (await dispatchSync('Comparing', dataDir, sync)) as ReconcileReport;
  print(report, json, reconcileText);
  if (remainingOf(report) > 0) process.exitCode = 1;
}

function print<Report>(report: Report, json: true | undefined, text: (report: Report) => string): void {
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : text(report));
}

/** The report for a person: what became of each type, and what could not be said. */
export function backfillText({ vendor, types, problems, calls, seconds }: BackfillReport): string {
  const lines = Object.entries(types).map(
    ([type, { inserted, updated, unchanged, gone, unmapped }]) =>
      `${type}: ${inserted} new, ${updated} updated, ${unchanged} unchanged, ${gone} gone, ${unmapped} left out`,
  );
  for (const { type, field, property, value, records, example } of problems) {
    lines.push(
      `${records} x ${type}.${field}: no word for ${property} = "${value}" (such as ${vendor}'s ${example})`,
    );
  }
  lines.push(`${calls} calls, ${seconds.toFixed(1)} s`);
  return `${lines.join('\n')}\n`;
}

export function reconcileText(report: ReconcileReport): string {
  const { vendor, compared, counts, differences, duplicates, repaired, calls, seconds } = report;
  const { missing, differs, gone, ahead, unmapped } = counts;
  const lines = [
    `${compared} compared: ${missing} missing here, ${differs} other, ${gone} gone, ${ahead} ahead of ${vendor}, ${unmapped} left out`,
  ];
  for (const { kind, type, vendorId, id, vendorChangedAt, replicaChangedAt } of differences) {
    const times = `${vendor} ${vendorChangedAt ?? '–'}, here ${replicaChangedAt ?? '–'}`;
    lines.push(`${kind} ${type} ${vendorId}${id === null ? '' : ` (${id})`}: ${times}`);
  }
  for (const { type, field, vendorIds } of duplicates) {
    lines.push(`one ${field}, ${vendorIds.length} ${type}: ${vendorIds.join(', ')}`);
  }
  const listed = differences.length;
  const all = missing + differs + gone + ahead + unmapped;
  if (all > listed) lines.push(`the first ${listed} of ${all} are listed`);
  if (remainingOf(report) > 0) lines.push(remainingText(report));
  lines.push(`${repaired} repaired, ${calls} calls, ${seconds.toFixed(1)} s`);
  return `${lines.join('\n')}\n`;
}

function remainingOf({ remaining: { missing, differs, gone, ahead } }: ReconcileReport): number {
  return missing + differs + gone + ahead;
}

/** How many differences remain, and why. */
function remainingText(report: ReconcileReport): string {
  const { vendor, repair, remaining } = report;
  const { ahead } = remaining;
  const other = remainingOf(report) - ahead;
  const reasons = [
    {
      count: other,
      why: repair ? 'not written, since a later state was seen here' : 'for --repair to write',
    },
    { count: ahead, why: `ahead of ${vendor}, and no older state is written over a later one` },
  ];
  const told = reasons.flatMap(({ count, why }) => (count > 0 ? [`${count} ${why}`] : []));
  return `${remainingOf(report)} remain: ${told.join('; ')}`;
}
