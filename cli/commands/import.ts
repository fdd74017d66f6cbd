import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { ImportReport } from '../import/index.ts';
import { defaults, defaultTenant, tenantOption } from '../settings.ts';

interface ImportCommandOptions {
  readonly as: 'account' | 'user' | 'contact' | 'lead' | 'opportunity';
  readonly map: string;
  readonly asOf?: string;
  readonly refused?: string;
  readonly json?: true;
  readonly tenant: string;
  readonly dataDir: string;
}

export function importCommand(): Command {
  return new Command('import')
    .description(
      "read a CSV file, such as a CRM's export, into the CRM; consents and visits go to their stores",
    )
    .argument('<file>', 'the CSV file')
    .addOption(
      new Option('--as <kind>', 'what a row is')
        .choices(['account', 'user', 'contact', 'lead', 'opportunity'])
        .makeOptionMandatory(),
    )
    .requiredOption('--map <file>', 'the mapping from columns to fields, in YAML')
    .option(
      '--as-of <day>',
      'the day of the export, such as 2026-03-01, for consents and visits without a date',
    )
    .option('--refused <file>', 'where refused rows are written, as CSV with line and reason')
    .option('--json', 'print the whole report as JSON')
    .option('--tenant <name>', 'whose data it is', tenantOption, defaultTenant)
    .option('--data-dir <folder>', 'where the stores are (environment: DATA_DIR)', defaults.dataDir())
    .action(importCsv);
}

async function importCsv(file: string, options: ImportCommandOptions): Promise<void> {
  const { dispatchJob } = await import('../run/dispatch.ts');
  const report = (await dispatchJob('Importing', options.dataDir, {
    kind: 'import',
    file: resolve(file),
    as: options.as,
    map: resolve(options.map),
    ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
    tenant: options.tenant,
    ...(options.refused === undefined ? {} : { refusedFile: resolve(options.refused) }),
  })) as ImportReport;
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : asText(report));
}

/** The report for a person: counts, what was read otherwise than written, the first refused rows. */
function asText(report: ImportReport): string {
  const { rows, imported, updated, unchanged, refused } = report;
  const lines = [
    `${rows} rows: ${imported} imported, ${updated} updated, ${unchanged} unchanged, ${refused} refused`,
  ];
  if (report.also)
    lines.push(`beside them: ${report.also.imported} imported, ${report.also.updated} updated`);
  const { contacts, consents, visitCounts, watermark } = report;
  if (contacts) {
    lines.push(
      `contacts: ${contacts.imported} imported, ${contacts.updated} updated, ${contacts.unchanged} unchanged`,
    );
  }
  if (consents) lines.push(`consents: ${consents.imported} recorded, ${consents.unchanged} unchanged`);
  if (visitCounts)
    lines.push(`counts of visits: ${visitCounts.imported} imported, ${visitCounts.unchanged} unchanged`);
  if (watermark !== null) lines.push(`the warehouse is complete up to ${watermark}`);
  if (report.derivedOwners !== null) lines.push(`account owners derived: ${report.derivedOwners}`);
  for (const { count, text, examples } of report.notices) {
    lines.push(`${count} x ${text}${examples.length > 0 ? ` (such as ${examples.join(', ')})` : ''}`);
  }
  if (report.unreadColumns.length > 0) lines.push(`columns not taken: ${report.unreadColumns.join(', ')}`);
  for (const { line, reason } of report.refusals) lines.push(`refused line ${line}: ${reason}`);
  if (report.refusedFile !== null) lines.push(`all refused rows: ${report.refusedFile}`);
  lines.push(`${report.seconds.toFixed(1)} s`);
  return `${lines.join('\n')}\n`;
}
