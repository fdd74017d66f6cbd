export type QueryValues = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | undefined>
>;

/** The template with its places filled and the query behind it. @throws Error naming a place that has no value. */
export function pathOf(
  template: string,
  params: Readonly<Record<string, string | number>> = {},
  query: QueryValues = {},
): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    // An empty value would name the collection in place of one of its members, dots the one above.
    if (value === undefined || /^\.{0,2}$/.test(String(value))) {
      throw new Error(`The path ${template} needs a value for "${name}".`);
    }
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) search.append(name, String(one));
    }
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

/** The origin of a URL that credentials may be sent to. @throws Error naming the URL and the remedy. */
export function assertOrigin(vendor: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && isSafe(url) && url.pathname === '/' && url.search === '' && url.username === '') {
    return url.origin;
  }
  throw new Error(
    `"${text}" is no origin of ${vendor} that credentials can be sent to: give one like https://api.example.com, or http on loopback.`,
  );
}

/** Whether secrets may go there: nobody else reads what does not leave the machine. */
export function isSafe(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}
