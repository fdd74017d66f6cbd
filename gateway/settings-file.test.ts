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
    };
    expect(await settingsOf(JSON.stringify(all))).toEqual(all);
  });

  it.each([
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
