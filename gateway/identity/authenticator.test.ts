import { describe, expect, test } from 'vitest';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import { Unauthenticated } from '#gateway/pipeline/identity-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { everybodyIsLocal, localViewer, openAuthenticator } from './authenticator.ts';
import { readAuthentication } from './settings.ts';

const authentication = await readAuthentication({
  jwks: { url: 'https://id.example/keys' },
  issuer: 'https://id.example',
  audience: 'tributary',
  keptTokens: 2,
});

const viewerOf = (id: string): Viewer => ({ kind: 'user', id, roles: [], scopes: [], tenant: 'acme' });

/** An authenticator whose tokens are `<id>`, or `bad`; both clocks stand until the test moves them. */
function start(options: { withoutToken?: Viewer; tokenMs?: number } = {}) {
  const { withoutToken, tokenMs = 3_600_000 } = options;
  const verified: string[] = [];
  const takenBack = new Set<string>();
  let now = 1_000_000;
  const { authenticate } = openAuthenticator(
    authentication,
    withoutToken,
    {
      verify: async (token) => {
        verified.push(token);
        if (token === 'bad' || takenBack.has(token)) {
          throw Unauthenticated('TOKEN_EXPIRED', 'The access token has expired.');
        }
        return { viewer: viewerOf(token), expiresAt: (1_000_000 + tokenMs) / 1_000 };
      },
      close: async () => {},
    },
    { wall: () => now, cache: { now: () => now } },
  );
  return {
    authenticate,
    verified,
    takeBack: (token: string) => takenBack.add(token),
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe('a verified token', () => {
  test('is answered at once the next time, by the same viewer', async () => {
    const { authenticate, verified } = start();
    const first = authenticate('Bearer ada');
    expect(first).toBeInstanceOf(Promise);
    expect(authenticate('bearer ada')).toBe(first);
    const viewer = await first;
    expect(authenticate('Bearer  ada ')).toBe(viewer);
    expect(verified).toEqual(['ada']);
  });

  test('is verified again after a minute', async () => {
    const { authenticate, verified, advance } = start();
    await authenticate('Bearer ada');
    advance(59_999);
    expect(authenticate('Bearer ada')).toEqual({ ...viewerOf('ada'), expiresAt: 4_600_000 });
    advance(2);
    await authenticate('Bearer ada');
    expect(verified).toHaveLength(2);
  });

  test('is not believed for longer than it lasts', async () => {
    const { authenticate, verified, advance } = start({ tokenMs: 10_000 });
    await authenticate('Bearer ada');
    advance(9_999);
    expect(authenticate('Bearer ada')).not.toBeInstanceOf(Promise);
    advance(2);
    expect(authenticate('Bearer ada')).toBeInstanceOf(Promise);
    await authenticate('Bearer ada');
    advance(60_000);
    await authenticate('Bearer ada');
    expect(verified.length).toBeGreaterThan(2);
  });

  test('is verified again for whoever asks for that, and kept no more once it is refused', async () => {
    const { authenticate, verified, takeBack } = start();
    await authenticate('Bearer ada');
    await authenticate('Bearer ada', true);
    expect(verified).toHaveLength(2);
    takeBack('ada');
    expect(authenticate('Bearer ada')).not.toBeInstanceOf(Promise);
    await expect(authenticate('Bearer ada', true)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(authenticate('Bearer ada')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('makes room for others', async () => {
    const { authenticate, verified } = start();
    for (const id of ['ada', 'bert', 'cleo']) {
      await authenticate(`Bearer ${id}`);
    }
    expect(authenticate('Bearer cleo')).not.toBeInstanceOf(Promise);
    await authenticate('Bearer ada');
    expect(verified).toEqual(['ada', 'bert', 'cleo', 'ada']);
  });

  test('is kept only where it is good', async () => {
    const { authenticate, verified } = start();
    const both = [authenticate('Bearer bad'), authenticate('Bearer bad')];
    for (const refused of both) {
      await expect(refused).rejects.toThrow('expired');
    }
    await expect(authenticate('Bearer bad')).rejects.toThrow('expired');
    expect(verified).toEqual(['bad', 'bad']);
  });
});

describe('without a token', () => {
  test('nobody is let in, and is told how', () => {
    const { authenticate } = start();
    const refused = expect.objectContaining({
      status: 401,
      code: 'UNAUTHENTICATED',
      headers: { 'www-authenticate': 'Bearer realm="tributary"' },
    });
    expect(() => authenticate(undefined)).toThrow(refused);
    expect(() => authenticate(undefined)).toThrow(GatewayError);
  });

  test('one viewer is let in where there is one', () => {
    const { authenticate } = start({ withoutToken: localViewer });
    expect(authenticate(undefined)).toBe(localViewer);
    expect(() => authenticate('Basic YTpi')).toThrow('holds no bearer token');
  });
});

test.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'ada', 'Bearer a b', 'Bearer é', 'Bearer a, Bearer b'])(
  '"%s" is no bearer token',
  (header) => {
    const { authenticate, verified } = start();
    expect(() => authenticate(header)).toThrow('holds no bearer token');
    expect(verified).toEqual([]);
  },
);

test('a token has a longest length', () => {
  const { authenticate, verified } = start();
  expect(() => authenticate(`Bearer ${'x'.repeat(8_193)}`)).toThrow('8192');
  expect(authenticate(`Bearer ${'x'.repeat(8_192)}`)).toBeInstanceOf(Promise);
  expect(verified).toHaveLength(1);
});

test('where nothing is configured everybody is an admin of this machine', () => {
  expect(everybodyIsLocal.authenticate('Bearer x')).toEqual({
    kind: 'local',
    id: 'local',
    roles: ['admin'],
    scopes: [],
    tenant: 'default',
  });
});
