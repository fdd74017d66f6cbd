import type { IncomingHttpHeaders } from 'node:http';
import { BatchApi as AssociationsApi } from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js';
import {
  BasicApi,
  BatchApi,
  createConfiguration,
  type RequestContext,
  ResponseContext,
  SearchApi,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js';
import { OwnersApi } from '@hubspot/api-client/lib/codegen/crm/owners/index.js';
import { PipelinesApi } from '@hubspot/api-client/lib/codegen/crm/pipelines/index.js';
import { CoreApi } from '@hubspot/api-client/lib/codegen/crm/properties/index.js';
import type { ZodType } from 'zod';
import type { CallOptions } from '#chassis/vendor/calls.ts';
import type { VendorHttp } from '#chassis/vendor/http.ts';

/** The APIs of HubSpot's own SDK, for one call. */
export interface Apis {
  readonly objects: BasicApi;
  readonly batches: BatchApi;
  readonly search: SearchApi;
  readonly associations: AssociationsApi;
  readonly owners: OwnersApi;
  readonly properties: CoreApi;
  readonly pipelines: PipelinesApi;
}

/**
 * Makes one call with the SDK. It knows paths, bodies and models; the way there is the house's own, so that its limits,
 * repetitions, deadlines and credentials hold, and failures are `VendorError`s. An answer that does not have the shape
 * is none.
 */
export type Sdk = <Answer>(
  options: CallOptions,
  shape: ZodType,
  call: (apis: Apis) => Promise<Answer>,
) => Promise<Answer>;

export function openSdk(http: VendorHttp, baseUrl: string): Sdk {
  return (options, shape, call) => {
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(baseUrl, {}),
      httpApi: wrapHttpLibrary({ send: (request) => send(http, request, options, shape) }),
    });
    // Each module of the SDK has classes of its own for the same configuration, which they take from each other.
    const shared = configuration as never;
    return call({
      objects: new BasicApi(configuration),
      batches: new BatchApi(configuration),
      search: new SearchApi(configuration),
      associations: new AssociationsApi(shared),
      owners: new OwnersApi(shared),
      properties: new CoreApi(shared),
      pipelines: new PipelinesApi(shared),
    });
  };
}

async function send(
  http: VendorHttp,
  request: RequestContext,
  options: CallOptions,
  shape: ZodType,
): Promise<ResponseContext> {
  const url = new URL(request.getUrl());
  const body = request.getBody();
  const answer = await http.request({
    ...options,
    method: request.getHttpMethod() as 'GET' | 'POST' | 'PATCH',
    path: url.pathname.replace(/\/$/, ''),
    query: Object.fromEntries([...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)])),
    body: typeof body === 'string' ? JSON.parse(body) : undefined,
    answer: shape,
  });
  const text = JSON.stringify(answer.body);
  return new ResponseContext(answer.status, singleHeaders(answer.headers), {
    text: async () => text,
    binary: async () => Buffer.from(text),
  });
}

function singleHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
