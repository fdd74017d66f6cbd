import { join } from 'node:path';
import { z } from 'zod';
import { readConfigurationFile } from '#chassis/vendor/configuration.ts';

const status = z.enum(['DRAFT', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'COMPLETED']);
// CONSENT is ours: no list of the vendor's stands for it.
const reason = z.enum(['BOUNCE', 'COMPLAINT', 'UNSUBSCRIBE', 'MANUAL', 'none']);
const id = z.guid('must be an id as SendGrid shows it, such as "3f9c1c6e-5b1e-4c53-9a9c-3d8e3c0b7a11"');

const enrolling = z
  .strictObject({
    list: id,
    automation: id.optional(),
    name: z.string().min(1).optional(),
    status: status.default('ACTIVE'),
  })
  .refine(({ automation, name }) => automation === undefined || name !== undefined, {
    message: 'it needs a "name" too, since SendGrid does not say how its automations are called',
  });

const mappingShape = z.strictObject({
  singleSends: z.strictObject({ draft: status, scheduled: status, triggered: status }),
  enrolling: z.array(enrolling).superRefine((all, context) => {
    const ids = all.map(enrollingId);
    const twice = ids.findIndex((each, index) => ids.indexOf(each) < index);
    if (twice < 0) return;
    context.addIssue({
      code: 'custom',
      path: [twice],
      message: `the campaign ${ids[twice]} stands here twice`,
    });
  }),
  suppressions: z.strictObject({
    bounces: reason,
    invalid_emails: reason,
    blocks: reason,
    spam_reports: reason,
    unsubscribes: reason,
  }),
});

export type SendgridMapping = z.output<typeof mappingShape>;

/** A campaign that takes contacts in. */
export type Enrolling = z.output<typeof enrolling>;

export type SuppressionList = keyof SendgridMapping['suppressions'];

/** The id of the campaign: as the event webhook tells it where an automation sends, else the list's. */
export function enrollingId({ list, automation }: Enrolling): string {
  return automation ?? list;
}

/**
 * Reads a mapping; the one of the house where no file is named.
 * @throws Error naming the file and all that is wrong in it
 */
export function readSendgridMapping(
  file = join(import.meta.dirname, 'mapping.yaml'),
): Promise<SendgridMapping> {
  return readConfigurationFile('mapping of sendgrid', mappingShape, file);
}
