import { request } from 'undici';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers of whole specifications, read by tests alone
  readonly body: any;
}

/** A plain client with a vendor's headers: JSON in and out, and nothing tried twice. */
export function asking(
  origin: string,
  headers: Readonly<Record<string, string>>,
  contentType = 'application/json',
) {
  return async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const answer = await request(path.startsWith('http') ? path : `${origin}${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': contentType }), ...more },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
}
