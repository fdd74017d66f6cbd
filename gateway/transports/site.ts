import type { SubgraphState } from '#gateway/fetching/probe.ts';
import type { ResponseError } from '#gateway/plan/types.ts';
import type { OpenApiDocument } from './openapi.ts';
import type { PageUsage } from './page-usage.ts';
import type { Source } from './rest-sources.ts';

/** What people see at the gateway's address: pages, and the files that these load. */
export interface Site {
  readonly pages: readonly Page[];
  /**
   * A file of `/assets/{name}`, undefined where there is none. The name must change with the content, since browsers
   * keep it for a year.
   */
  readonly asset: (name: string) => Promise<Asset | undefined>;
}

export interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface Page {
  /** `/sidebar`: no parameters, and nothing that the gateway serves itself. */
  readonly path: string;
  /** True where pages of the `frameAncestors` may show it in a frame. Default false. */
  readonly isEmbeddable?: boolean;
  /** True where a library of the page writes style elements of its own. Scripts are never inline. Default false. */
  readonly hasInlineStyles?: boolean;
  readonly answer: (request: PageRequest) => Promise<PageAnswer>;
  /** What the page follows where it cannot open a subscription itself, since it has only a pass. */
  readonly live?: PageLive;
}

/** The one subscription of a page, served as a stream of its own at `<path>/live`. */
export interface PageLive {
  /** The text of a document with one subscription. */
  readonly document: string;
  /** From the parameters, which are the page's own. */
  readonly variables: (query: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

/** Where the stream of a page is. */
export function livePathOf({ path }: Pick<Page, 'path'>): string {
  return `${path}/live`;
}

/** Every path that a page takes. */
export function pathsOf(page: Page): readonly string[] {
  return page.live === undefined ? [page.path] : [page.path, livePathOf(page)];
}

/** What a page is made from. */
export interface PageRequest {
  /** As sent: a parameter that stands there twice is a list. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Asks the graph with the credentials of whoever asks for the page. */
  readonly ask: (question: Question) => Promise<Reply>;
  /**
   * A pass for reading this page with these parameters, for whoever came by one; undefined for all others, who are known
   * by what their browser sends.
   */
  readonly passFor: (query: Readonly<Record<string, string>>) => Promise<string | undefined>;
  /** Which subgraphs answer right now. */
  readonly subgraphs: () => Promise<readonly SubgraphState[]>;
  /** What clients ask most. */
  readonly usage: () => Promise<PageUsage>;
  /** The description of the REST routes that are served. */
  readonly openApi: () => OpenApiDocument;
}

export interface Question {
  /** The text of a document with one operation. */
  readonly document: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** For one fetch of a subgraph, in milliseconds. */
  readonly timeoutMs: number;
}

/** What the graph said: `data` is null where nothing was executed, or where the whole of it is null. */
export interface Reply {
  readonly data: unknown;
  readonly errors: readonly ResponseError[];
  /** What each subgraph contributed, of those that the plan asks. */
  readonly sources: Readonly<Record<string, Source>>;
}

export type PageAnswer =
  | { readonly kind: 'html'; readonly status: number; readonly body: string }
  | { readonly kind: 'json'; readonly status: number; readonly body: string }
  /** A path and query of this gateway. */
  | { readonly kind: 'redirect'; readonly location: string };
