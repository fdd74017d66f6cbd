import { z } from 'zod';

/**
 * What is used of SendGrid's answers. A test holds each shape against the vendor's specification: every name stands
 * there, with a type that fits.
 */

/** As RFC 3339 with milliseconds. */
const time = z.string().transform((text, context) => {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});

/** `next` leads to the next page, and is missing behind the last. */
const metadata = z.object({ next: z.string().nullish() }).nullish();

/** The identifiers of a contact, each of one contact alone. */
const identifiers = {
  email: z.string().nullish(),
  phone_number_id: z.string().nullish(),
  external_id: z.string().nullish(),
  anonymous_id: z.string().nullish(),
};

export const contactShape = z.object({
  id: z.string(),
  ...identifiers,
  list_ids: z.array(z.string()),
  created_at: time,
  updated_at: time,
});

export const contactsShape = z.object({ result: z.array(contactShape).nullish() });

/** By what was searched for; what was not found has an error in place of a contact. */
export const foundShape = z.object({
  result: z.record(z.string(), z.object({ contact: contactShape.nullish() })).nullish(),
});

export const upsertedShape = z.object({ job_id: z.string() });

export const jobShape = z.object({
  /** `pending`, `completed`, `errored` (in part) or `failed`. */
  status: z.string(),
});

export const singleSendShape = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  send_at: time.nullish(),
  created_at: time,
  /** Missing in the specification's example of a single one. */
  updated_at: time.nullish(),
});

export const singleSendsShape = z.object({ result: z.array(singleSendShape), _metadata: metadata });

const count = z.int().min(0);
const metrics = z.object({
  requests: count,
  delivered: count,
  bounces: count,
  bounce_drops: count,
  invalid_emails: count,
  spam_report_drops: count,
  unique_opens: count,
  unique_clicks: count,
  unsubscribes: count,
});

/** Rows of single sends and of automations are alike in what is used of them. */
export const statsShape = z.object({
  results: z.array(z.object({ id: z.string(), stats: metrics.nullish() })),
  _metadata: metadata,
});

export const listShape = z.object({ id: z.string(), name: z.string(), contact_count: count });

/** One line of any list of suppressions; `created` is in seconds since 1970. */
export const suppressionsShape = z.array(z.object({ email: z.string(), created: z.number().min(0) }));

/** `{}` for an address that is not suppressed. */
export const globalShape = z.object({ recipient_email: z.string().nullish() });

export const addressesShape = z.array(z.string());

/** Answers of which nothing is used: the status says it all. */
export const nothingShape = z.unknown();

export type Contact = z.output<typeof contactShape>;
export type SingleSend = z.output<typeof singleSendShape>;
export type Metrics = z.output<typeof metrics>;
