import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeWithDefaults } from './edge/options.ts';
import {
  joiningWithDefaults,
  limitsWithDefaults,
  sharingWithDefaults,
  timeoutsWithDefaults,
} from './options.ts';
import { readSettings } from './settings-file.ts';
import { liveWithDefaults } from './subscriptions/options.ts';
import { upstreamsWithDefaults } from './subscriptions/upstream-options.ts';

describe('a settings file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const settingsOf = async (yaml: string) => {
    const file = join(folder, 'gateway.yaml');
    await writeFile(file, yaml);
    return readSettings(file);
  };

  it('sets what it names and nothing else', async () => {
    expect(
      await settingsOf('limits: { depth: 7, cost: false }\nforwardHeaders: [accept-language]\n'),
    ).toEqual({
      limits: { depth: 7, cost: false },
      forwardHeaders: ['accept-language'],
    });
    expect(await settingsOf('')).toEqual({});
  });

  it('knows every limit, deadline and setting of sharing and joining that the options have', async () => {
    const all = {
      limits: limitsWithDefaults(),
      timeouts: timeoutsWithDefaults(),
      sharing: sharingWithDefaults(),
      edge: edgeWithDefaults(),
      joining: joiningWithDefaults(),
      live: liveWithDefaults(),
      upstreams: upstreamsWithDefaults(),
    };
    expect(await settingsOf(JSON.stringify(all))).toEqual(all);
  });

  it('says who may ask, and where the secret is', async () => {
    const settings = {
      authentication: {
        secret: { env: 'TOKEN_SECRET' },
        issuer: 'https://id.example',
        audience: ['tributary', 'other'],
        algorithms: ['HS256'],
        clockToleranceMs: 1_000,
        claims: { roles: 'realm.roles', tenant: ['org.id'], machine: { claim: 'client_id' } },
        defaultTenant: 'default',
        anonymous: true,
        keptTokens: 10,
      },
      internalKeys: 'keys.json',
    };
    expect(await settingsOf(JSON.stringify(settings))).toEqual(settings);
    const jwks = { url: 'https://id.example/keys', timeoutMs: 1, cooldownMs: 2, cacheMs: 3 };
    const byKeys = { authentication: { jwks, issuer: 'a', audience: 'b' } };
    expect(await settingsOf(JSON.stringify(byKeys))).toEqual(byKeys);
  });

  it('holds no secret itself, and names none in an error', async () => {
    const refused = settingsOf('authentication: { secret: hush-hush, issuer: a, audience: b }');
    await expect(refused).rejects.toThrow('authentication.secret');
    await expect(refused).rejects.not.toThrow('hush-hush');
  });

  it.each([
    ['authentication: { issuer: a }', /authentication\.audience/],
    ['authentication: { issuer: a, audience: b, roles: x }', /roles/],
    ['limits: { deep: 3 }', /limits: .*deep/],
    ['limits: { depth: "3" }', /limits\.depth/],
    ['timeouts: { bySubgraph: { crm: fast } }', /timeouts\.bySubgraph\.crm/],
    ['limits: [', /is no YAML/],
  ])('refuses %s', async (yaml, why) => {
    await expect(settingsOf(yaml)).rejects.toThrow(why);
  });

  it('says which file is missing', async () => {
    await expect(readSettings(join(folder, 'nowhere.yaml'))).rejects.toThrow('nowhere.yaml');
  });
});
