import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { PagePass, PagePasses } from '#gateway/identity/page-pass.ts';
import { toGatewayError } from '#gateway/pipeline/errors.ts';
import { PassNotGiven, Unauthenticated } from '#gateway/pipeline/identity-errors.ts';
import type { PipelineParts } from '#gateway/pipeline/types.ts';
import type { Serving } from './lifetime.ts';
import { sendProblem } from './problem.ts';
import type { Page, PageRequest, Site } from './site.ts';

export const passesPath = '/passes';

const orderShape = z.strictObject({
  page: z.string(),
  query: z.record(z.string().max(100), z.string().max(1_000)).default({}),
});
const passHeader = /^Pass +([\w-]+\.[\w-]+\.[\w-]+) *$/i;

/** Who opens a page, as far as its making needs to know. */
export interface Opener {
  /** What the page asks the graph through. */
  readonly parts: PipelineParts;
  readonly passFor: PageRequest['passFor'];
}

/**
 * Serves `POST /passes`: an address at which one embeddable page opens for whoever asks. The backend of a CRM asks for
 * it with its user's token and puts it into a frame, which can send no token itself.
 */
export function servePasses(app: FastifyInstance, serving: Serving, site: Site): void {
  const { passes } = serving;
  if (passes === undefined) return;
  app.post(passesPath, async (request, reply) => {
    try {
      const viewer = await serving.authenticate(request.headers.authorization);
      await serving.countViewer(viewer, reply);
      const { page, query } = readOrder(site, request.body as string | undefined);
      if (viewer.kind !== 'user' && viewer.kind !== 'machine') {
        throw PassNotGiven('only a viewer with an access token can hand one on');
      }
      const { token, expiresAt } = await passes.give({ viewer, path: page, query });
      const url = `${page}?${new URLSearchParams({ ...query, pass: token })}`;
      return reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(JSON.stringify({ url, expiresAt }));
    } catch (thrown) {
      return refuse(serving, request, reply, thrown);
    }
  });
}

/** @throws GatewayError `PASS_NOT_GIVEN` that says what is wrong with what was asked for. */
function readOrder(site: Site, body: string | undefined): z.infer<typeof orderShape> {
  let given: unknown;
  try {
    given = JSON.parse(body ?? '');
  } catch {
    throw PassNotGiven('the body is no JSON');
  }
  const order = orderShape.safeParse(given);
  if (!order.success) throw PassNotGiven(z.prettifyError(order.error).replaceAll('\n', ' '));
  const embeddable = site.pages.filter(({ isEmbeddable }) => isEmbeddable === true).map(({ path }) => path);
  if (!embeddable.includes(order.data.page)) {
    throw PassNotGiven(`the page is one of ${embeddable.join(', ')}`);
  }
  return order.data;
}

/**
 * Who opens the page: the viewer of its pass, in the header `authorization: Pass …` or else in the address; without a
 * pass whoever the request says, as everywhere. With one that is not good here it is nobody, and what the page asks is
 * refused with `UNAUTHENTICATED`: the page says it in its own words.
 */
export async function openerOf(serving: Serving, page: Page, request: FastifyRequest): Promise<Opener> {
  const { passes } = serving;
  const token = passIn(page, request);
  if (passes === undefined || token === undefined) {
    return { parts: serving, passFor: async () => undefined };
  }
  try {
    const pass = await readPass(passes, token, page, request);
    return {
      parts: { ...serving, authenticate: () => pass.viewer },
      passFor: async (wanted) => (await passes.renew({ ...pass, query: wanted })).token,
    };
  } catch (error) {
    const refuseAll = () => {
      throw error;
    };
    return { parts: { ...serving, authenticate: refuseAll }, passFor: async () => undefined };
  }
}

/** The pass that a request comes with, if the page takes passes at all. */
export function passIn(page: Page, request: FastifyRequest): string | undefined {
  const { pass } = request.query as Readonly<Record<string, unknown>>;
  const token = passHeader.exec(request.headers.authorization ?? '')?.[1] ?? pass;
  return typeof token === 'string' && page.isEmbeddable === true ? token : undefined;
}

/** Rejects with a GatewayError `UNAUTHENTICATED` where it is not for this page with these parameters. */
export async function readPass(
  passes: PagePasses,
  token: string,
  page: Page,
  request: FastifyRequest,
): Promise<PagePass> {
  const pass = await passes.read(token);
  if (isFor(pass, page, request.query as Readonly<Record<string, unknown>>)) return pass;
  throw Unauthenticated('PASS_REFUSED', 'The pass is for another page, or for other parameters of this one.');
}

function isFor(pass: PagePass, { path }: Page, query: Readonly<Record<string, unknown>>): boolean {
  return pass.path === path && Object.entries(pass.query).every(([name, value]) => query[name] === value);
}

function refuse(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
): FastifyReply {
  const error = toGatewayError(thrown, request.id);
  const { status, code, message, headers } = error;
  if (error.kind === 'internal') {
    serving.log.error({ requestId: request.id, err: thrown }, 'request failed inside');
  }
  sendProblem(request, reply, { status, title: 'No pass', detail: message, code, headers });
  return reply;
}
