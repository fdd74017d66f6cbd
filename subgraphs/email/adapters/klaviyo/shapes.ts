import { z } from 'zod';

/**
 * What is used of Klaviyo's answers, in its revision of `revision`. A test holds each shape against the vendor's
 * specification: every name stands there, and nothing is required here that may be missing there.
 */
export const revision = '2026-07-15';

/** As RFC 3339 with milliseconds. Klaviyo writes some times without an offset, and they are UTC. */
export const time = z.string().transform((text, context) => {
  const at = new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});
const reference = z.object({ type: z.string(), id: z.string() });

/** A collection; `links.next` leads to the next page. */
export const collectionOf = <Resource extends z.ZodType>(resource: Resource) =>
  z.object({
    data: z.array(resource),
    links: z.object({ next: z.string().nullish() }).nullish(),
  });

export const profileShape = z.object({
  /** The specification lets it be missing, as it may be where a profile is written. */
  id: z.string(),
  attributes: z.object({
    email: z.string().nullish(),
    external_id: z.string().nullish(),
    created: time.nullish(),
    updated: time.nullish(),
    properties: z.record(z.string(), z.unknown()).nullish(),
    subscriptions: z
      .object({
        email: z
          .object({
            marketing: z
              .object({
                suppression: z.array(z.object({ reason: z.string(), timestamp: time })).nullish(),
              })
              .nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});

export const importedShape = z.object({ data: z.object({ id: z.string() }) });

export const campaignShape = z.object({
  id: z.string(),
  attributes: z.object({
    name: z.string(),
    status: z.string(),
    created_at: time,
    updated_at: time,
    send_time: time.nullish(),
  }),
});

export const flowShape = z.object({
  id: z.string(),
  attributes: z.object({
    name: z.string().nullish(),
    status: z.string().nullish(),
    archived: z.boolean().nullish(),
    created: time.nullish(),
    updated: time.nullish(),
    trigger_type: z.string().nullish(),
  }),
});

export const metricShape = z.object({
  id: z.string(),
  attributes: z.object({
    name: z.string().nullish(),
    integration: z.record(z.string(), z.unknown()).nullish(),
  }),
  relationships: z
    .object({ 'flow-triggers': z.object({ data: z.array(reference).nullish() }).nullish() })
    .nullish(),
});

export const eventShape = z.object({
  id: z.string(),
  attributes: z.object({
    timestamp: z.number().nullish(),
    datetime: time.nullish(),
    event_properties: z.record(z.string(), z.unknown()).nullish(),
  }),
  relationships: z.object({ profile: z.object({ data: reference.nullish() }).nullish() }).nullish(),
});

/** `links.next` is in no specification, and every other answer of Klaviyo has it. */
export const reportShape = z.object({
  data: z.object({
    attributes: z.object({
      results: z.array(
        z.object({
          groupings: z.record(z.string(), z.unknown()),
          statistics: z.record(z.string(), z.unknown()),
        }),
      ),
    }),
  }),
  links: z.object({ next: z.string().nullish() }).nullish(),
});

export type Profile = z.output<typeof profileShape>;
export type Campaign = z.output<typeof campaignShape>;
export type Flow = z.output<typeof flowShape>;
export type Metric = z.output<typeof metricShape>;
export type Event = z.output<typeof eventShape>;
