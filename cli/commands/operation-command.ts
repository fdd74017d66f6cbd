import type { Command } from 'commander';
import type { Delivery } from '#events/bus/port.ts';
import type { Operation } from '../run/operations.ts';
import { defaults, defaultTenant, tenantOption } from '../settings.ts';

export interface Place {
  readonly tenant?: string;
  readonly dataDir: string;
}

/** The options of every command that looks into the event path. */
export function dataDirOption(command: Command): Command {
  return command
    .option('--tenant <name>', 'whose events', tenantOption, defaultTenant)
    .option('--data-dir <folder>', 'where the stores are (environment: DATA_DIR)', defaults.dataDir());
}

/** Does an operation where the event path runs. */
export async function dispatch(
  title: string,
  { dataDir }: Place,
  operation: Operation,
  onItem: (item: unknown) => void = () => {},
): Promise<unknown> {
  const { dispatchOperation } = await import('../run/dispatch.ts');
  return dispatchOperation(title, dataDir, operation, onItem);
}

export function tenantOf({ tenant = defaultTenant }: Place): { readonly tenant: string } {
  return { tenant };
}

/** A list with commas as a command-line option. */
export function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

export function jsonLine(item: unknown): string {
  return `${JSON.stringify(item)}\n`;
}

export function isDelivery(item: unknown): item is Delivery {
  return typeof item === 'object' && item !== null && 'kind' in item && 'cursor' in item;
}
