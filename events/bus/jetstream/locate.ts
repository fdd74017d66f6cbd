import type { Cursor } from '../port.ts';
import type { Session } from './link.ts';
import { timeOf } from './look-back.ts';
import { messageId, type Names } from './names.ts';
import { openPull, untilDrained } from './pull.ts';

/** An event is published after its id was made, as far as clocks agree: nearly always by this, at worst by that. */
const usualSkewMs = 1_000;
const worstSkewMs = 60_000;

/** Looks for an event of a tenant from the time on that its id was made; null where it is not kept, or never was. */
export async function locate(
  session: Session,
  names: Names,
  tenant: string,
  id: string,
): Promise<Cursor | null> {
  const made = timeOf({ id });
  if (Number.isNaN(made)) return null;
  const wanted = messageId({ tenant, id });
  const seq =
    (await find(session, names, tenant, wanted, made - usualSkewMs)) ??
    (await find(session, names, tenant, wanted, made - worstSkewMs));
  return seq === null ? null : session.cursors.write(tenant, seq);
}

async function find(
  session: Session,
  names: Names,
  tenant: string,
  wanted: string,
  from: number,
): Promise<number | null> {
  const pull = await openPull(session, {
    stream: names.events,
    filter: names.tenant(tenant),
    from: { time: Math.max(from, 0) },
    headersOnly: true,
  });
  try {
    for await (const messages of untilDrained(pull)) {
      const found = messages.find(({ msg }) => msg.headers?.get('Nats-Msg-Id') === wanted);
      if (found) return found.seq;
    }
    return null;
  } finally {
    pull.close();
  }
}
