import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { newSealingKey } from '#chassis/vendor/sealing.ts';
import type { Parts } from '#cli/run/parts.ts';
import { runSync } from '#cli/run/sync.ts';
import type { House, RecordsPlace } from '../house.ts';
import { type EmailWorld, seedWithoutEmail } from './email-world.ts';

/** What a test knows of an email platform at a vendor beside what the house says. */
export interface KnownPlatform {
  /** What the demo has of email, and was put there. */
  readonly demo: () => EmailWorld;
  /** Whether the platform would send somebody marketing. */
  readonly mayMail: (address: string) => boolean;
  /** How often the platform let somebody into the campaign that takes contacts in. */
  readonly entered: (address: string) => number;
}

export interface EmailPlaceOptions {
  /** How often the vendor is asked for changes; as usual where it is left out. */
  readonly everySeconds?: number;
}

/** A vendor's double, and how the demo comes to it. */
export interface EmailDouble extends Omit<KnownPlatform, 'demo'> {
  readonly adapter: string;
  /** Of the account, but for its key. */
  readonly settings: object;
  readonly mapping: object;
  readonly key: string;
  /** The vendor's id of a campaign of the demo. */
  readonly vendorId: (campaignId: string) => string;
  readonly load: (world: EmailWorld) => void;
  /** What is told by webhook, and not found by a backfill. */
  readonly tell?: (world: EmailWorld, house: Pick<House, 'parts' | 'subgraphUrl'>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Wide, so that tests wait for nothing; the vendor's own are the adapter's defaults. */
export function wideLimits(published: object): object {
  const wide = { windows: [{ points: 10_000, perMs: 1_000 }] };
  return Object.fromEntries(Object.keys(published).map((name) => [name, wide]));
}

/**
 * An email platform as an operator configures it: at a double that is filled with the demo, which a backfill brings
 * into the house.
 */
export async function openEmailPlace(
  double: EmailDouble,
  { everySeconds }: EmailPlaceOptions = {},
): Promise<RecordsPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const { adapter, mapping, key, vendorId, load, tell, mayMail, entered } = double;
  const settings = {
    ...double.settings,
    apiKey: { file: await write('key', key) },
    mapping: await write('mapping.yaml', stringify(mapping)),
  };
  const email = {
    adapter,
    tenants: { default: settings },
    // A busy machine answers late: what is asked here is not how long it takes.
    deadlineMs: 10_000,
    ...(everySeconds !== undefined && { sync: { everySeconds } }),
  };
  const file = await write('vendors.yaml', stringify({ email }));
  let demo: EmailWorld | undefined;
  const known = () => {
    if (demo === undefined) throw new Error(`${adapter} has no demo yet.`);
    return demo;
  };
  return {
    email: { demo: known, mayMail, entered },
    env: { VENDORS_FILE: file, VENDOR_KEYS: newSealingKey() },
    fill: async (parts, world) => {
      demo = await seedWithoutEmail(parts, world, (id) => `cam_${vendorId(id)}`);
      load(demo);
    },
    bring: async (house) => {
      await backfill(house.parts);
      await tell?.(known(), house);
    },
    close: async () => {
      await double.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function backfill(parts: Parts): Promise<void> {
  const { signal } = new AbortController();
  const asked = { kind: 'backfill', subgraph: 'email', tenant: 'default', again: false } as const;
  const report = await runSync(parts, asked, { onProgress: () => {}, signal });
  const { problems } = report as { problems: readonly object[] };
  if (problems.length > 0) throw new Error(`The vendor's records have no words: ${JSON.stringify(problems)}`);
}
