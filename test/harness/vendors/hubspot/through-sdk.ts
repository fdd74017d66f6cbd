import { Client } from '@hubspot/api-client';
import { onTestFinished } from 'vitest';
import { type Hubspot, type HubspotOptions, startHubspot } from '../hubspot.ts';

export const clientSecret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';

/** A portal for one test, and the vendor's own client for it: no limiter and no retries, which are off by default. */
export async function hubspotWithSdk(
  options: Partial<HubspotOptions> = {},
): Promise<{ readonly hubspot: Hubspot; readonly sdk: Client }> {
  const hubspot = await startHubspot({ clientSecret, ...options });
  onTestFinished(hubspot.close);
  return { hubspot, sdk: sdkFor(hubspot) };
}

export function sdkFor(hubspot: Hubspot, accessToken = 'private-app-token'): Client {
  return new Client({ basePath: hubspot.url, accessToken });
}

/** What the SDK throws, whichever of its modules does: each has an ApiException class of its own. */
export interface ApiFailure {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly errors?: readonly Readonly<Record<string, unknown>>[];
  };
  readonly headers: Readonly<Record<string, string>>;
}

export async function failureOf(call: Promise<unknown>): Promise<ApiFailure> {
  const outcome = await call.then(
    () => null,
    (error: ApiFailure) => error,
  );
  if (outcome === null) throw new Error('The call succeeded, and it should not have.');
  return outcome;
}
