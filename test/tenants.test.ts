import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewerHeader } from '#chassis/identity.ts';
import { type RunningSubgraph, serveSubgraph } from '#chassis/serve.ts';
import type { Engine } from '#chassis/store/store.ts';
import { type PartName, type Parts, partNames } from '#cli/run/parts.ts';
import { seed } from '#cli/seed/index.ts';
import { viewerSigner } from '#gateway/identity/internal-token.ts';
import { ephemeralKeys } from '#gateway/identity/signing-keys.ts';
import { openAnalytics } from '#subgraphs/analytics/main.ts';
import { openConsent } from '#subgraphs/consent/main.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { openEmail } from '#subgraphs/email/main.ts';
import { gather, type Known, questionsOf } from '#test/harness/questions.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import type { GraphqlAnswer } from '#test/harness/subgraph.ts';
import { warehouseBeside } from '#test/harness/warehouses.ts';

/** In every text of the other tenant, and in none that may be shown. */
const mark = 'OF-THEIRS';
const markedNumber = 98_765_432;

const keys = ephemeralKeys();
const sign = viewerSigner(keys);
type Tenant = 'mine' | 'theirs';

/** All four subgraphs on stores of their own. */
interface Shop {
  readonly parts: Parts;
  readonly ask: (name: PartName, tenant: Tenant, query: string) => Promise<GraphqlAnswer>;
  readonly close: () => Promise<void>;
}

async function openShop(engine: Engine): Promise<Shop> {
  const stores: TemporaryStore[] = [];
  const location = async () => {
    const store = await temporaryStore(engine);
    stores.push(store);
    return store.location;
  };
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const analyticsPlace = await location();
  const parts: Parts = {
    crm: await openCrm({ location: await location() }),
    email: await openEmail({ location: await location() }),
    analytics: await openAnalytics({
      warehouse: warehouseBeside(analyticsPlace, folder),
      location: analyticsPlace,
    }),
    consent: await openConsent({ location: await location() }),
  };
  const running = new Map<PartName, RunningSubgraph>();
  for (const name of partNames) {
    const served = await serveSubgraph(parts[name].subgraph, {
      host: '127.0.0.1',
      port: 0,
      log: pino({ level: 'silent' }),
      keys: { kind: 'memory', read: keys.publicKeys },
    });
    running.set(name, served);
  }
  return {
    parts,
    ask: async (name, tenant, query) => {
      const viewer = { kind: 'user', id: 'ada', roles: ['admin'], scopes: [], tenant } as const;
      const response = await fetch(running.get(name)?.url ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json', [viewerHeader]: sign(viewer, name, 'request') },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as GraphqlAnswer;
    },
    close: async () => {
      for (const subgraph of running.values()) await subgraph.close();
      for (const store of stores) await store.remove();
      await rm(folder, { recursive: true });
    },
  };
}

const seedOf = (parts: Parts, tenant: Tenant, accounts: number) =>
  seed(parts, {
    accounts,
    seed: 7,
    now: '2026-03-01',
    touches: accounts * 15,
    visits: accounts * 10,
    events: false,
    tenant,
  });

/** Text and numbers by which a value of theirs is known wherever it appears; ids stay as they are. */
async function markTheirs({ crm, email, consent, analytics }: Parts): Promise<void> {
  const update = (db: unknown, table: string, texts: readonly string[], numbers: readonly string[]) => {
    const set = [
      ...texts.map((column) => sql`${sql.ref(column)} = ${mark} || ${sql.ref(column)}`),
      ...numbers.map((column) => sql`${sql.ref(column)} = ${markedNumber}`),
    ];
    return sql`update ${sql.table(table)} set ${sql.join(set)} where tenant = 'theirs'`.execute(
      db as Kysely<unknown>,
    );
  };
  await crm.store.transaction(async (trx) => {
    await update(trx, 'accounts', ['name', 'domain', 'industry', 'country'], ['employees']);
    await update(trx, 'contacts', ['name', 'email', 'title', 'phone'], []);
    await update(trx, 'leads', ['source'], []);
    await update(trx, 'opportunities', ['name', 'product'], ['amount_minor']);
    await update(trx, 'users', ['name', 'email', 'team'], []);
    await sql`update accounts set domain = lower(domain) where tenant = 'theirs'`.execute(trx);
    await sql`update contacts set email = lower(email) where tenant = 'theirs'`.execute(trx);
  });
  await email.store.transaction(async (trx) => {
    await update(trx, 'campaigns', ['name'], ['recipients', 'sent']);
    await update(trx, 'recipients', [], ['sent', 'clicked']);
    const at = '2026-02-20T10:00:00.000Z';
    await sql`update enrollments set state = 'EXITED', enrolled_at = ${at} where tenant = 'theirs'`.execute(
      trx,
    );
    /* Nobody of theirs may be written to, whoever of mine may. */
    await sql`insert into suppressions
      (tenant, id, version, created_at, updated_at, observed_at, contact_id, reason, suppressed_at)
      select tenant, 'sup_theirs_' || id, 1, ${at}, ${at}, ${at}, id, 'MANUAL', ${at}
      from recipients where tenant = 'theirs'`.execute(trx);
  });
  await consent.store.transaction(async (trx) => {
    await update(trx, 'purposes', ['name', 'description'], []);
    await update(trx, 'records', ['source', 'evidence', 'jurisdiction'], []);
    await sql`update records set decision = 'WITHDRAWN' where tenant = 'theirs'`.execute(trx);
  });
  const at = '2026-02-20T10:00:00.000Z';
  const visit = { accountId: 'acc_7_0', leadId: null, visitorId: 'theirs', at, seconds: 60 };
  await analytics.warehouse.writeVisits(
    'theirs',
    [{ id: 'vis_theirs', pageViews: markedNumber, ...visit }],
    at,
  );
}

const schemaOf = (parts: Parts, name: PartName): GraphQLSchema =>
  buildSubgraphSchema(parse(parts[name].subgraph.sdl));

const nothing: Known = { ids: [], domains: [], emails: [], cursors: new Map() };

/** What the other tenant finds of its own, from its lists downwards. */
async function knownTo(tenant: Tenant, { parts, ask }: Shop): Promise<Known> {
  const askAll = async (known: Known) => {
    const answers: unknown[] = [];
    for (const name of partNames) {
      for (const { query } of questionsOf(schemaOf(parts, name), known)) {
        answers.push((await ask(name, tenant, query)).data);
      }
    }
    return gather(answers);
  };
  const { ids, domains, emails } = await askAll(nothing);
  return askAll({ ids, domains, emails, cursors: new Map() });
}

const shows = (answer: GraphqlAnswer) => {
  const text = JSON.stringify(answer).toLowerCase();
  return text.includes(mark.toLowerCase()) || text.includes(String(markedNumber));
};

describe.each(engines)('two tenants in one store of $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('with the same ids', () => {
    let alone: Shop;
    let together: Shop;
    let known: Known;

    beforeAll(async () => {
      alone = await openShop(engine);
      together = await openShop(engine);
      await seedOf(alone.parts, 'mine', 3);
      await seedOf(together.parts, 'mine', 3);
      await seedOf(together.parts, 'theirs', 5);
      await markTheirs(together.parts);
      known = await knownTo('theirs', together);
    }, 120_000);
    afterAll(async () => {
      await alone.close();
      await together.close();
    });

    it('there is much of theirs to be found', () => {
      expect(known.ids.length).toBeGreaterThan(25);
      expect(known.domains.length).toBeGreaterThan(2);
      expect(known.emails.length).toBeGreaterThan(2);
      const lists = [...known.cursors.keys()];
      for (const list of ['accounts', 'contacts', 'opportunities', 'leads', 'campaigns', 'enrollments']) {
        expect(lists).toContain(list);
      }
      expect(lists).toEqual(expect.arrayContaining(['consentHistory', 'touches']));
    });

    it.each(partNames)(
      'nothing of theirs appears in %s, and nothing of mine differs for it',
      async (name) => {
        const questions = questionsOf(schemaOf(alone.parts, name), known);
        let showedTheirs = 0;
        for (const { about, query } of questions) {
          const answer = await together.ask(name, 'mine', query);
          expect(shows(answer), `${about} shows a value of theirs`).toBe(false);
          expect(answer, `${about} differs for theirs`).toEqual(await alone.ask(name, 'mine', query));
          expect(answer.errors, about).toBeUndefined();
          if (shows(await together.ask(name, 'theirs', query))) showedTheirs += 1;
        }
        /* The same questions show their owner most of it. */
        expect(showedTheirs).toBeGreaterThan(questions.length / 3);
      },
      120_000,
    );

    it('and what is written again for me changes nothing of theirs', async () => {
      const ofTheirs = async () => {
        const answers = [];
        for (const name of partNames) {
          const questions = questionsOf(schemaOf(together.parts, name), known);
          for (const { query } of questions.filter(({ about }) => about.startsWith('_entities'))) {
            answers.push(await together.ask(name, 'theirs', query));
          }
        }
        return answers;
      };
      const before = await ofTheirs();
      await seedOf(together.parts, 'mine', 5);
      expect(await ofTheirs()).toEqual(before);
    }, 120_000);
  });
});
