import { type Authenticator, everybodyIsLocal, localViewer, openAuthenticator } from './authenticator.ts';
import { type AuthenticationOptions, readAuthentication } from './settings.ts';
import { trialAuthentication } from './trial.ts';

export interface IdentityOptions {
  readonly authentication?: AuthenticationOptions | undefined;
  readonly trialSecret?: string | undefined;
}

/**
 * Opens what says who asks: by the configured authentication; without one everybody is the local viewer, and a trial
 * secret lets tokens for trying stand for others.
 * @throws Error as `readAuthentication` does.
 */
export async function openIdentity(options: IdentityOptions): Promise<Authenticator> {
  if (options.authentication !== undefined) {
    const authentication = await readAuthentication(options.authentication);
    const { anonymous, defaultTenant } = authentication;
    const withoutToken =
      anonymous && defaultTenant !== undefined
        ? ({ kind: 'anonymous', id: 'anonymous', roles: [], scopes: [], tenant: defaultTenant } as const)
        : undefined;
    return openAuthenticator(authentication, withoutToken);
  }
  if (options.trialSecret !== undefined) {
    return openAuthenticator(await readAuthentication(trialAuthentication(options.trialSecret)), localViewer);
  }
  return everybodyIsLocal;
}
