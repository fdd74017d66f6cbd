import { VendorError } from '#chassis/vendor/error.ts';
import type { AskOptions } from '#chassis/vendor/system.ts';
import { type Account, asking } from './account.ts';
import { shapes } from './answers.ts';
import type { ObjectSchema } from './codec.ts';
import { type ObjectRecord, objectRecords, objects } from './objects.ts';

/**
 * Holds the mapping against what the account has. Rejects with a `VendorError` where HubSpot cannot be asked, and with
 * an Error that says all that does not fit, missing scopes too.
 */
export async function checkAccount(account: Account, signal: AbortSignal): Promise<void> {
  const options = { urgency: 'sync', signal } as const;
  const problems: string[] = [];
  for (const type of objectRecords) {
    const { name } = objects[type];
    const found = await allowed(() => schemaOf(account, type, options));
    if (found.kind === 'refused') problems.push(`${name}: HubSpot does not let us ask: ${found.reason}`);
    else problems.push(...account.fields[type].check(found.answer).map((each) => `${name}: ${each}`));
  }
  const owners = await allowed(() =>
    account.sdk(asking(options), shapes.owners, (apis) => apis.owners.getPage(undefined, undefined, 1)),
  );
  if (owners.kind === 'refused') problems.push(`owners: HubSpot does not let us ask: ${owners.reason}`);
  if (problems.length === 0) return;
  throw new Error(
    `The settings of HubSpot's account ${account.settings.portalId} do not fit what it has:\n${problems
      .map((each) => `- ${each}`)
      .join(
        '\n',
      )}\nChange the mapping, the properties in HubSpot or the scopes of the app; docs/vendors/hubspot.md says which.`,
  );
}

async function schemaOf({ sdk }: Account, type: ObjectRecord, options: AskOptions): Promise<ObjectSchema> {
  const { name } = objects[type];
  const { results } = await sdk(asking(options), shapes.properties, (apis) => apis.properties.getAll(name));
  const hasPipelines = type === 'leads' || type === 'opportunities';
  const pipelines = hasPipelines
    ? (await sdk(asking(options), shapes.pipelines, (apis) => apis.pipelines.getAll(name))).results
    : [];
  // That records can be read is another scope than that their properties can.
  await sdk(asking(options), shapes.records, (apis) => apis.objects.getPage(name, 1));
  return {
    properties: new Map(
      results.map((each) => [
        each.name,
        {
          type: each.type,
          options:
            each.type === 'enumeration' && !each.externalOptions
              ? each.options.map(({ value }) => value)
              : null,
          isUnique: each.hasUniqueValue === true,
        },
      ]),
    ),
    pipelines: new Map(
      pipelines.map(({ id, stages }) => [id, new Map(stages.map((stage) => [stage.id, stage.label]))]),
    ),
  };
}

type Allowed<Answer> =
  | { readonly kind: 'allowed'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly reason: string };

/** A missing scope is one problem among others; credentials that do not hold at all are not. */
async function allowed<Answer>(ask: () => Promise<Answer>): Promise<Allowed<Answer>> {
  try {
    return { kind: 'allowed', answer: await ask() };
  } catch (error) {
    const isScope =
      error instanceof VendorError && error.failure.kind === 'unauthorized' && error.reason !== null;
    if (!isScope || !/\b403$/.test(error.message)) throw error;
    return { kind: 'refused', reason: error.reason ?? error.message };
  }
}
