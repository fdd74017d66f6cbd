/**
 * Whether a page of this origin may use the gateway: one that the gateway served itself, or one of the list. A
 * request without `Origin` comes from no page. This is what CORS cannot say of a WebSocket, which browsers open to
 * any host without asking it first.
 *
 * @param host the request's `Host` header
 */
export function mayUse(
  allowed: readonly string[],
  { origin, host }: { readonly origin: string | undefined; readonly host: string | undefined },
): boolean {
  if (origin === undefined || allowed.includes(origin)) {
    return true;
  }
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host;
}
