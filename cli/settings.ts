import { InvalidArgumentError } from 'commander';

/** The settings that every command reads from the environment; options on the command line go first. */
export const defaults = {
  port: () => portSetting('PORT', 4000),
  host: () => process.env.HOST ?? '127.0.0.1',
  settings: () => process.env.GATEWAY_SETTINGS || undefined,
  dataDir: () => process.env.DATA_DIR ?? 'data',
  /* Not an option: it may hold a password, and command lines are seen by others. */
  redis: () => process.env.REDIS_URL || undefined,
};

/** A port from the environment. Throws an Error naming variable and value. */
export function portSetting(variable: string, otherwise: number): number {
  const text = process.env[variable];
  if (text === undefined || text === '') return otherwise;
  const port = Number(text);
  if (!isPort(port)) throw new Error(`${variable} must be a port from 0 to 65535, not "${text}".`);
  return port;
}

/** A whole number from 1 to `most` from the environment. Throws an Error naming variable and value. */
export function countSetting(variable: string, otherwise: number, most: number, env = process.env): number {
  const text = env[variable];
  if (text === undefined || text === '') return otherwise;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Error(`${variable} must be a whole number from 1 to ${most}, not "${text}".`);
}

/** A port as a command-line option. */
export function portOption(text: string): number {
  const port = Number(text);
  if (text === '' || !isPort(port)) throw new InvalidArgumentError('It must be a port from 0 to 65535.');
  return port;
}

/** The tenant of whoever names none. */
export const defaultTenant = 'default';

/** A tenant as a command-line option: text as a token can name it. */
export function tenantOption(text: string): string {
  if (text === '' || text.length > 256) throw new InvalidArgumentError('It must be 1 to 256 characters.');
  return text;
}

/** A whole number from `least` to `most` as a command-line option. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}
