import { describe, expect, it, onTestFinished } from 'vitest';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { type Engine, openStore } from '../store/store.ts';
import { newSealingKey, openSealing } from './sealing.ts';
import { createVendorTokens, openTokenStore, type VendorTokenTables } from './token-store.ts';

const tokens = (refreshToken: string) => ({ refreshToken, access: null });

async function opened(engine: Engine) {
  const { location, remove } = await temporaryStore(engine);
  onTestFinished(remove);
  const migrations = { '001_tokens': createVendorTokens };
  const store = await openStore<VendorTokenTables>({ name: 'tokens', location, migrations });
  onTestFinished(store.close);
  const sealing = openSealing([newSealingKey()]);
  const own = { store, sealing, tenant: 'acme', vendor: 'some', now: Date.now };
  const of = (account: string) => openTokenStore({ ...own, account });
  const kept = of('main');
  await kept.read('r0');
  return { kept, of };
}

describe.each(engines)('the lease of tokens on $engine', ({ engine, missing }) => {
  it.skipIf(missing)('is of one at a time, until it ends or is given back by whoever has it', async () => {
    const { kept } = await opened(engine);
    expect(await kept.lease(0, 'mine', 60_000)).toBe(true);
    expect(await kept.lease(0, 'theirs', 60_000)).toBe(false);
    await kept.giveBack('theirs');
    expect(await kept.lease(0, 'theirs', 60_000)).toBe(false);
    await kept.giveBack('mine');
    expect(await kept.lease(0, 'theirs', 0)).toBe(true);
    expect(await kept.lease(0, 'mine', 60_000)).toBe(true);
  });

  it.skipIf(missing)('that went to somebody else lets nothing be kept', async () => {
    const { kept } = await opened(engine);
    await kept.lease(0, 'mine', 0);
    await kept.lease(0, 'theirs', 60_000);
    expect(await kept.keep(0, 'mine', tokens('lost'))).toBe(false);
    expect(await kept.keep(0, 'theirs', tokens('r1'))).toBe(true);
    expect(await kept.read('r0')).toEqual({ version: 1, tokens: tokens('r1') });
  });

  it.skipIf(missing)('is of what is kept now, and is over once other tokens are', async () => {
    const { kept, of } = await opened(engine);
    const other = of('other');
    await other.read('s0');
    await kept.lease(0, 'mine', 60_000);
    await kept.keep(0, 'mine', tokens('r1'));
    expect(await kept.lease(0, 'theirs', 60_000)).toBe(false);
    expect(await kept.lease(1, 'theirs', 60_000)).toBe(true);
    expect(await kept.keep(0, 'theirs', tokens('old'))).toBe(false);
    expect(await other.read('s0')).toEqual({ version: 0, tokens: tokens('s0') });
  });
});
