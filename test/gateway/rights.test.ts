import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { print } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayOptions } from '#gateway/main.ts';
import { type Rule, withRequirements } from '../rights/requirements.ts';
import { createWorld, post, resetWorld, until, type World } from './fixture.ts';

const scope = (name: string): readonly Rule[] => [{ kind: 'scopes', anyOf: [[name]] }];
const nobody = 'roles: { admin: [] }';

let world: World;
let files = 0;
let plainSdl: string;
beforeAll(async () => {
  world = await createWorld();
  plainSdl = await readFile(world.supergraph, 'utf8');
});
beforeEach(() => resetWorld(world));
afterAll(() => world.end());

async function fileOf(text: string): Promise<string> {
  files += 1;
  const file = join(world.folder, `file-${files}`);
  await writeFile(file, text);
  return file;
}

interface Requiring {
  readonly rules?: Readonly<Record<string, readonly Rule[]>>;
  readonly reads?: Readonly<Record<string, readonly string[]>>;
}

/** A gateway on the world's supergraph with requirements, and the access file if one is given. */
async function start(
  { rules = {}, reads = {} }: Requiring,
  access?: string,
  more: Partial<GatewayOptions> = {},
) {
  const requirements = { rules: new Map(Object.entries(rules)), reads: new Map(Object.entries(reads)) };
  const supergraph = await fileOf(print(withRequirements(plainSdl, requirements)));
  const accessFile = access === undefined ? undefined : await fileOf(access);
  const gateway = await world.start({
    supergraph,
    ...(accessFile === undefined ? {} : { access: accessFile }),
    watchMs: 20,
    ...more,
  });
  return { gateway, supergraph, access: accessFile ?? '' };
}

interface Named {
  readonly account: { readonly name: string | null };
}

interface Snapshot {
  readonly sources: Readonly<Record<string, unknown>>;
}

const query = '{ account(id: "1") { name usage { visits } } }';

describe('a gateway', () => {
  it('gives whoever uses this machine everything where no access file says otherwise', async () => {
    const { gateway } = await start({ rules: { 'Account.name': scope('x') } });
    expect(await post(gateway, { query })).toMatchObject({ data: { account: { name: 'Ada' } }, errors: [] });
  });

  it('asks no subgraph for what the access file denies', async () => {
    const { gateway } = await start({ rules: { 'Account.usage': scope('x') } }, nobody);
    const { status, data, errors } = await post(gateway, { query });
    expect(status).toBe(200);
    expect(data).toEqual({ account: { name: 'Ada', usage: null } });
    expect(errors).toEqual([
      {
        message: 'Account.usage needs the scope "x".',
        path: ['account', 'usage'],
        extensions: { code: 'FORBIDDEN' },
      },
    ]);
    expect([world.accounts.seen.length, world.usage.seen.length]).toEqual([1, 0]);
  });

  it('takes a changed access file over, and keeps what it had where that is broken', async () => {
    const { gateway, access } = await start({ rules: { 'Account.name': scope('x') } }, nobody);
    const nameOf = async () => ((await post(gateway, { query })).data as Named).account.name;
    expect(await nameOf()).toBeNull();
    await writeFile(access, 'roles: { admin: [x, "metrics:read"] }');
    await until(() => world.log.some(({ msg }) => msg === 'supergraph reloaded'));
    expect(await nameOf()).toBe('Ada');

    await writeFile(access, 'roles: { admin: none }');
    const outcome = await gateway.reload();
    expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('roles.admin') });
    expect(await nameOf()).toBe('Ada');
    const ready = await (await fetch(`${gateway.url}/ready`)).json();
    expect(JSON.stringify(ready)).toContain('roles.admin');
  });

  it('does not start with an access file that is broken or missing, and says which', async () => {
    await expect(start({}, 'roles: 1')).rejects.toThrow(/file-\d+ is no access file\. roles/);
    await expect(world.start({ access: join(world.folder, 'nowhere.yaml') })).rejects.toThrow(
      /nowhere\.yaml" cannot be read/,
    );
  });

  it('does not start where an input reads what is no field', async () => {
    const reads = { 'Query.account(id:)': ['Account.nmae'] };
    await expect(start({ rules: { 'Account.name': scope('x') }, reads })).rejects.toThrow(
      /cannot be served: @reads on Query\.account\(id:\) names "Account\.nmae"/,
    );
  });

  it('says in the log which names only the access file or only the supergraph knows', async () => {
    const rules = {
      'Account.name': scope('x'),
      'Account.usage': [{ kind: 'policies', anyOf: [['p', 'q']] } as const],
    };
    await start({ rules }, 'roles: { a: [x, typo] }\npolicies: { p: { anyRole: [a] }, r: { anyRole: [a] } }');
    const warnings = world.log
      .filter(({ level }) => level === 40)
      .map(({ scopes, policies }) => scopes ?? policies);
    expect(warnings).toEqual([['typo'], ['r'], ['q']]);
  });

  it('counts what an operation costs as a whole, whoever asks', async () => {
    const { gateway } = await start({ rules: { 'Account.usage': scope('x') } }, nobody, {
      limits: { cost: 1 },
    });
    expect((await post(gateway, { query })).errors[0]?.extensions.code).toBe('COST_LIMIT_EXCEEDED');
  });

  it.each([[{ viewerSensitive: ['nowhere'] }, 'sharing.viewerSensitive names subgraph "nowhere"']])(
    'refuses %j',
    async (sharing, why) => {
      await expect(world.start({ sharing })).rejects.toThrow(why);
    },
  );
});

describe('a REST route', () => {
  const document = 'query Snapshot($id: ID!) { account(id: $id) { name usage { visits } } }';
  const route = 'method: GET\npath: /snapshots/{id}\nsummary: One.\nparameters: { id: { in: path } }\n';
  let routes: string;
  beforeAll(async () => {
    routes = join(world.folder, 'routes');
    await mkdir(routes);
    await writeFile(join(routes, 'Snapshot.graphql'), document);
    await writeFile(join(routes, 'Snapshot.rest.yaml'), route);
  });

  const snapshot = async (requiring: Requiring) => {
    const { gateway } = await start(requiring, nobody, { routes });
    const response = await fetch(`${gateway.url}/snapshots/1`);
    return { status: response.status, body: (await response.json()) as Snapshot };
  };

  it('answers 200 with the error where a part is denied, and all sources as they are', async () => {
    const { status, body } = await snapshot({ rules: { 'Account.name': scope('x') } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      account: { name: null, usage: { visits: 10 } },
      sources: { accounts: { status: 'OK' }, usage: { status: 'OK' } },
      errors: [{ path: ['account', 'name'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('names a system that nothing was to be asked of', async () => {
    const { status, body } = await snapshot({ rules: { 'Account.usage': scope('x') } });
    expect(status).toBe(200);
    expect(body.sources.usage).toEqual({
      status: 'NOT_ASKED',
      latencyMs: null,
      observedAt: null,
      ageMs: null,
    });
  });

  it('answers 403 where all of it is denied', async () => {
    const { status, body } = await snapshot({ rules: { 'Query.account': scope('x') } });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'FORBIDDEN', detail: 'Query.account needs the scope "x".' });
    expect(world.accounts.seen).toEqual([]);
  });
});
