import { createHash, createHmac } from 'node:crypto';

/** What HubSpot decodes in a URI before it signs it; the question mark of the query is not one of them. */
const decoded: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};

export function signedUri(uri: string): string {
  return uri.replace(/%[0-9A-F]{2}/gi, (encoded) => decoded[encoded.toUpperCase()] ?? encoded);
}

/** Version 1: SHA-256 in hex over secret and body. HubSpot still sends it beside version 3. */
export function signatureV1(clientSecret: string, body: string): string {
  return createHash('sha256')
    .update(clientSecret + body)
    .digest('hex');
}

export interface SignedParts {
  readonly method: string;
  /** Whole, with scheme, host and query, as HubSpot was told it. */
  readonly uri: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** Version 3: base64 of HMAC-SHA256 over method, URI, body and timestamp, the client secret being the key. */
export function signatureV3(clientSecret: string, { method, uri, body, timestamp }: SignedParts): string {
  return createHmac('sha256', clientSecret)
    .update(method + signedUri(uri) + body + timestamp)
    .digest('base64');
}
