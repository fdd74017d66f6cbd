import { randomUUID } from 'node:crypto';
import { natsIsMissing, natsUrl, removeStreams } from './nats.ts';
import { engines, temporaryStore } from './stores.ts';

/** Where a house keeps its rows and its events, and what removes that again. */
export interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly remove: () => Promise<void>;
}

const hasPostgres = engines.some(({ engine, missing }) => engine === 'postgres' && !missing);

/** The places that the event path is tried in: one process with files, and the servers of many processes. */
export const places: readonly {
  readonly name: string;
  readonly missing: boolean;
  readonly open: () => Promise<Place>;
}[] = [
  {
    name: 'in files and the embedded bus',
    missing: false,
    open: async () => ({ env: {}, remove: async () => {} }),
  },
  {
    name: 'on PostgreSQL and JetStream',
    missing: !hasPostgres || (await natsIsMissing()),
    open: servers,
  },
];

async function servers(): Promise<Place> {
  const { location, remove } = await temporaryStore('postgres');
  const url = location.engine === 'postgres' ? location.url : '';
  const stream = `test_${randomUUID().replaceAll('-', '')}`;
  return {
    env: {
      CRM_DATABASE_URL: url,
      EMAIL_DATABASE_URL: url,
      CONSENT_DATABASE_URL: url,
      ANALYTICS_DATABASE_URL: url,
      BUS_URL: natsUrl,
      BUS_STREAM: stream,
    },
    remove: async () => {
      await removeStreams(stream);
      await remove();
    },
  };
}
