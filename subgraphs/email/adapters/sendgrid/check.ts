import { VendorError } from '#chassis/vendor/error.ts';
import type { VendorRequest } from '#chassis/vendor/http.ts';
import { type SendgridClient, vendor } from './client.ts';
import type { SendgridMapping } from './mapping.ts';
import type { Endpoint } from './settings.ts';
import { nothingShape } from './shapes.ts';
import { listsOf } from './suppressions.ts';

export interface CheckSource {
  readonly client: SendgridClient;
  readonly mapping: SendgridMapping;
  readonly consentGroup: number;
}

/** Something that must be there to be read. */
interface Question extends Pick<VendorRequest<unknown>, 'path' | 'params' | 'query'> {
  readonly endpoint: Endpoint;
  /** The scope that the key needs, as SendGrid names it. */
  readonly scope: string;
  /** What is wrong where SendGrid does not have it, with the remedy. */
  readonly otherwise: string;
}

/**
 * Asks for one of everything that the mapping and the settings name. Whether the key may write is not tried: it would
 * leave something behind.
 * @throws VendorError with all that is wrong, or where SendGrid cannot be asked
 */
export async function checkSendgrid(source: CheckSource, signal: AbortSignal): Promise<void> {
  const problems = await Promise.all(
    questionsOf(source).map((question) => problemOf(question, source.client, signal)),
  );
  const all = [...new Set(problems.flatMap((problem) => problem ?? []))];
  if (all.length === 0) return;
  const message = `it does not fit what is configured: ${all.join('; ')}.`;
  throw new VendorError(vendor, { kind: 'refused', code: 'CONFIGURATION' }, message);
}

async function problemOf(
  { scope, otherwise, ...request }: Question,
  client: SendgridClient,
  signal: AbortSignal,
): Promise<string | null> {
  const { status } = await client.request(
    { ...request, method: 'GET', answer: nothingShape, expect: [400, 403, 404] },
    { urgency: 'read', signal },
  );
  if (status === 403) return `the key lacks the scope "${scope}": add it under Settings, API Keys`;
  return status < 400 ? null : `${otherwise} (it answered ${status})`;
}

function questionsOf({ mapping, consentGroup }: CheckSource): readonly Question[] {
  const marketing = { endpoint: 'campaigns', scope: 'marketing.read' } as const;
  const unknown = (what: string, id: string) =>
    `the mapping names the ${what} ${id} under "enrolling", which SendGrid does not have: correct it there`;
  return [
    {
      ...marketing,
      path: '/v3/marketing/singlesends',
      query: { page_size: 1 },
      otherwise: 'single sends cannot be read',
    },
    ...mapping.enrolling.map(({ list }) => ({
      ...marketing,
      path: '/v3/marketing/lists/{id}',
      params: { id: list },
      otherwise: unknown('list', list),
    })),
    ...mapping.enrolling.flatMap(({ automation }) =>
      automation === undefined
        ? []
        : {
            ...marketing,
            path: '/v3/marketing/stats/automations',
            query: { automation_ids: automation },
            otherwise: unknown('automation', automation),
          },
    ),
    ...listsOf(mapping).map(({ list }) => ({
      endpoint: 'suppressions' as const,
      path: `/v3/suppression/${list}`,
      query: { limit: 1 },
      scope: `suppression.${list}.read`,
      otherwise: `the list "${list}" cannot be read: write "none" for it under "suppressions" in the mapping to do without`,
    })),
    {
      endpoint: 'suppressions',
      path: '/v3/asm/groups/{group}',
      params: { group: consentGroup },
      scope: 'asm.groups.read',
      otherwise: `"consentGroup" is ${consentGroup}, and SendGrid has no such group: create one under Suppressions, Unsubscribe Groups, and put its id there`,
    },
  ];
}
