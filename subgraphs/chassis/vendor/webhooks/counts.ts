/** What became of one vendor's deliveries and notices in this process; for metrics. */
export interface WebhookCounts {
  /** Deliveries. */
  received: number;
  refused: number;
  unreadable: number;
  /** Notices. */
  applied: number;
  duplicates: number;
  retried: number;
  parked: number;
}

/** Counts by vendor, from the start of the process. */
export function countsOf(vendors: readonly string[]): ReadonlyMap<string, WebhookCounts> {
  return new Map(
    vendors.map((vendor) => [
      vendor,
      { received: 0, refused: 0, unreadable: 0, applied: 0, duplicates: 0, retried: 0, parked: 0 },
    ]),
  );
}

export type CountWebhooks = (vendor: string, what: keyof WebhookCounts, by?: number) => void;

/** Only what is known is counted: whoever sends from outside must not choose labels. */
export function counter(counts: ReadonlyMap<string, WebhookCounts>): CountWebhooks {
  return (vendor, what, by = 1) => {
    const of = counts.get(vendor);
    if (of) of[what] += by;
  };
}
