import { relative } from 'node:path';
import type { Affected, Finding, Place } from './finding.ts';
import type { CheckResult } from './index.ts';

/** Raised when a member is renamed or taken away; new members come without. */
const jsonVersion = 1;

/** The result for programs: one object, its members documented in `contracts/README.md`. */
export function jsonReport(result: CheckResult): string {
  const { findings, ...about } = result;
  const shown = findings.map((finding) => ({
    ...finding,
    coordinate: finding.coordinate ?? null,
    at: finding.at ? inFolder(finding.at) : null,
    remedy: finding.remedy ?? null,
    breaks: finding.breaks.map((each) => ({ ...each, at: each.at ? inFolder(each.at) : null })),
  }));
  return `${JSON.stringify({ version: jsonVersion, ...about, counts: countsOf(findings), findings: shown }, null, 2)}\n`;
}

/** The result for people: what it was weighed against, every finding, and the verdict last. */
export function textReport(result: CheckResult): string {
  const { subgraph, isNew, operations, recorded, notWeighed, clients, skipped, findings, passed } = result;
  const counts = countsOf(findings);
  const isLoud = ({ severity, accepted }: Finding) => severity !== 'note' || accepted === true;
  const loud = findings.filter(isLoud).map(paragraph);
  const notes = findings.filter((finding) => !isLoud(finding)).map(noteLine);
  const verdict = passed
    ? `${subgraph} may be published: ${quantity(counts.warnings, 'warning')}.`
    : `${subgraph} must not be published: ${quantity(counts.errors, 'error')}, ${quantity(counts.warnings, 'warning')}.`;
  return [
    `${subgraph}${isNew ? ' (new)' : ''} against ${quantity(operations, 'known operation')} of ${quantity(clients, 'client')}, ${recorded || 'none'} of them recorded by gateways`,
    '',
    ...loud.flatMap((text) => [text, '']),
    ...(notes.length === 0 ? [] : [...notes, '']),
    ...skipped.map(({ layer, reason }) => `not looked at: ${layer}, since ${reason}`),
    ...(notWeighed === 0
      ? []
      : [`not weighed: ${quantity(notWeighed, 'recorded operation')} that others outnumber`]),
    verdict,
    '',
  ].join('\n');
}

function paragraph(finding: Finding): string {
  const { severity, code, coordinate, layer, message, at, breaks, remedy } = finding;
  const head = [finding.accepted ? 'accepted' : severity, code, coordinate].filter(Boolean).join(' ');
  return [
    `${head} (${layer})`,
    ...(at === undefined ? [] : [`  at      ${placeText(at)}`]),
    ...message.split('\n').map((line, index) => `  ${index === 0 ? 'what  ' : '      '}  ${line}`),
    ...breakLines(severity === 'error' || finding.accepted ? 'breaks' : 'touches', breaks),
    ...(remedy === undefined ? [] : [`  remedy  ${remedy}`]),
  ].join('\n');
}

function breakLines(word: string, breaks: readonly Affected[]): readonly string[] {
  const widest = Math.max(...breaks.map(({ client, operation }) => client.length + operation.length));
  return breaks.map(({ client, operation, at }, index) => {
    const who = `${operation} of ${client}`.padEnd(widest + ' of '.length);
    const where = at === undefined ? 'seen by a gateway' : placeText(at);
    return `  ${(index === 0 ? word : '').padEnd(7)} ${who}  ${where}`;
  });
}

function noteLine({ message, at }: Finding): string {
  return `note: ${message}${at === undefined ? '' : ` (${placeText(at)})`}`;
}

function placeText(place: Place): string {
  const { file, line } = inFolder(place);
  return `${file}:${line}`;
}

/** Paths below the working directory are shown from there. */
function inFolder({ file, line }: Place): Place {
  const path = relative(process.cwd(), file);
  return { file: path.startsWith('..') ? file : path, line };
}

function countsOf(findings: readonly Finding[]) {
  const count = (severity: Finding['severity']) =>
    findings.filter((each) => each.severity === severity).length;
  return { errors: count('error'), warnings: count('warning'), notes: count('note') };
}

function quantity(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
