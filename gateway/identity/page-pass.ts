import { createLocalJWKSet, type JWTPayload, errors as jose, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { BrowserOptions } from '#gateway/edge/options.ts';
import { Unauthenticated } from '#gateway/pipeline/identity-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { internalIssuer } from './internal-token.ts';
import type { SigningKeys } from './signing-keys.ts';

/**
 * What a pass lets somebody do: read one page with these parameters, as this viewer. It stands in an address, since a
 * frame can send no header, and so it opens nothing else and not for long.
 */
export interface PagePass {
  /** For no longer than the pass. */
  readonly viewer: Viewer;
  /** `/sidebar` */
  readonly path: string;
  /** Parameters that must be as they are here; others are free. */
  readonly query: Readonly<Record<string, string>>;
  /** Seconds since 1970: no pass that follows from this one is good for longer. */
  readonly until: number;
}

export interface PagePasses {
  /** A pass for a page that somebody opens now. */
  readonly give: (pass: Omit<PagePass, 'until'>) => Promise<GivenPass>;
  /** A pass for reading the page again, as long as its session lasts. */
  readonly renew: (pass: PagePass) => Promise<GivenPass>;
  /** Rejects with a GatewayError `UNAUTHENTICATED` where it is none of ours, or no longer good. */
  readonly read: (token: string) => Promise<PagePass>;
}

export interface GivenPass {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

const tokenType = 'tributary-pass+jwt';
const audience = 'pages';
/** Gateways that share keys have clocks that differ by less. */
const clockToleranceSeconds = 5;

const claimsShape = z.object({
  kind: z.enum(['user', 'machine']),
  sub: z.string().min(1),
  tenant: z.string().min(1),
  roles: z.array(z.string()),
  scopes: z.array(z.string()),
  path: z.string(),
  query: z.record(z.string(), z.string()),
  until: z.number().int(),
  exp: z.number(),
});

/** Passes signed with the keys that viewers are vouched for with: gateways of the same keys take each other's. */
export function openPagePasses(
  keys: Pick<SigningKeys, 'current' | 'publicKeys'>,
  { passSeconds, passSessionSeconds }: Pick<BrowserOptions, 'passSeconds' | 'passSessionSeconds'>,
  clock: () => number = Date.now,
): PagePasses {
  const now = () => Math.floor(clock() / 1_000);
  const renew = async ({ viewer, path, query, until }: PagePass): Promise<GivenPass> => {
    const { kid, privateKey } = keys.current();
    const expires = Math.min(now() + passSeconds, until);
    const { kind, id, tenant, roles, scopes } = viewer;
    const token = await new SignJWT({ kind, tenant, roles, scopes, path, query, until })
      .setProtectedHeader({ alg: 'EdDSA', typ: tokenType, kid })
      .setIssuer(internalIssuer)
      .setAudience(audience)
      .setSubject(id)
      .setIssuedAt(now())
      .setExpirationTime(expires)
      .sign(privateKey);
    return { token, expiresAt: new Date(expires * 1_000).toISOString() };
  };
  return {
    give: (pass) => renew({ ...pass, until: now() + passSessionSeconds }),
    renew,
    read: async (token) => {
      try {
        const { payload } = await jwtVerify(token, createLocalJWKSet(keys.publicKeys()), {
          issuer: internalIssuer,
          audience,
          algorithms: ['EdDSA'],
          typ: tokenType,
          clockTolerance: clockToleranceSeconds,
          currentDate: new Date(clock()),
          requiredClaims: ['exp', 'iat'],
        });
        return passOf(payload);
      } catch (error) {
        const message =
          error instanceof jose.JWTExpired
            ? 'The pass of this page has expired: open the page again where you came from.'
            : 'The pass of this page is none that was given here.';
        throw Unauthenticated('PASS_REFUSED', message, error);
      }
    },
  };
}

function passOf(payload: JWTPayload): PagePass {
  const { kind, sub, tenant, roles, scopes, path, query, until, exp } = claimsShape.parse(payload);
  const viewer: Viewer = { kind, id: sub, tenant, roles, scopes, expiresAt: exp * 1_000 };
  return { viewer, path, query, until };
}
