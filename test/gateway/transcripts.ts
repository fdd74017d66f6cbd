import { readFile } from 'node:fs/promises';
import { expect, vi } from 'vitest';
import { WebSocket } from 'ws';

/** One line of a transcript: what the client sends, what the gateway sends, or what happens meanwhile. */
export interface Line {
  readonly from: 'client' | 'gateway' | 'stage';
  readonly text: string;
}

export interface Transcript {
  /** The heading that it stands under, and its number there. */
  readonly title: string;
  readonly lines: readonly Line[];
}

/** What a transcript is played on. */
export interface Stage {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Values of placeholders that a client brings along: tokens, an owner. */
  readonly values: Readonly<Record<string, string>>;
  /** Subscriptions that run. */
  readonly subscriptions: () => number;
  /** Makes happen what a line says, where it does not come by itself. */
  readonly direct: (direction: string) => Promise<void>;
}

const signs: Readonly<Record<string, Line['from']>> = { '→': 'client', '←': 'gateway', '·': 'stage' };

export async function readTranscripts(file: string): Promise<readonly Transcript[]> {
  const transcripts: Transcript[] = [];
  let heading = '';
  let nth = 0;
  let lines: Line[] | undefined;
  for (const row of (await readFile(file, 'utf8')).split('\n')) {
    if (row === '```transcript') {
      lines = [];
      nth += 1;
      transcripts.push({ title: `${heading}, ${nth}`, lines });
    } else if (row === '```') {
      lines = undefined;
    } else if (lines !== undefined) {
      const from = signs[row.charAt(0)];
      if (from === undefined) throw new Error(`"${row}" of "${heading}" begins with none of → ← ·`);
      lines.push({ from, text: row.slice(2) });
    } else if (row.startsWith('#')) {
      heading = row.replace(/^#+ /, '');
      nth = 0;
    }
  }
  return transcripts;
}

/** Plays a transcript as its client, and checks each line that the gateway is said to send. */
export async function replay({ lines }: Transcript, stage: Stage): Promise<void> {
  const values = new Map(Object.entries(stage.values));
  let client: Client | undefined;
  try {
    for (let at = 0; at < lines.length; at += 1) {
      const { from, text } = lines[at] as Line;
      if (from === 'gateway') {
        if (client === undefined) throw new Error(`"${text}" comes before any connection`);
        matchLine(text, await client.next(), values);
      } else if (from === 'stage') {
        if (text === 'the connection breaks') {
          client?.leave();
          await vi.waitFor(() => expect(stage.subscriptions()).toBe(0));
        } else {
          await stage.direct(text);
        }
      } else if (/^(CONNECT|GET|POST) /.test(text)) {
        client?.leave();
        await vi.waitFor(() => expect(stage.subscriptions()).toBe(0));
        const [method, path] = text.split(' ') as [string, string];
        if (method === 'CONNECT') {
          client = await connect(`${stage.url.replace('http', 'ws')}${path}`);
        } else {
          const rest = lines.slice(at + 1);
          const size = rest.findIndex((line) => line.from !== 'client');
          const sent = rest.slice(0, size).map((line) => fill(line.text, values));
          client = request(`${stage.url}${path}`, method, sent);
          at += size;
          await settled(stage, client, 0);
        }
      } else {
        const running = stage.subscriptions();
        client?.send(fill(text, values));
        if (text.includes('"subscribe"')) await settled(stage, client, running);
      }
    }
  } finally {
    client?.leave();
  }
}

/** One connection or request, from the client's side. */
interface Client {
  readonly send: (text: string) => void;
  /** The next line that the gateway sent. */
  readonly next: () => Promise<string>;
  readonly waiting: () => number;
  readonly leave: () => void;
}

/** Waits until an operation has become a subscription, or is answered. */
async function settled(stage: Stage, client: Client | undefined, running: number): Promise<void> {
  await vi.waitFor(() => {
    expect(stage.subscriptions() > running || (client?.waiting() ?? 0) > 0).toBe(true);
  });
}

/** Lines as they come, for whoever asks for them later. */
function inbox(): { readonly lines: string[]; readonly next: () => Promise<string> } {
  const lines: string[] = [];
  const next = async () => {
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(0), { timeout: 5_000, interval: 5 });
    return lines.shift() as string;
  };
  return { lines, next };
}

async function connect(url: string): Promise<Client> {
  const { lines, next } = inbox();
  const socket = new WebSocket(url, 'graphql-transport-ws');
  socket.on('message', (data) => lines.push(String(data)));
  socket.on('close', (code, reason) => lines.push(`CLOSE ${code} ${reason}`));
  socket.on('error', () => {});
  await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.OPEN));
  return {
    send: (text) => socket.send(text),
    next,
    waiting: () => lines.length,
    leave: () => socket.terminate(),
  };
}

function request(url: string, method: string, sent: readonly string[]): Client {
  const { lines, next } = inbox();
  const abort = new AbortController();
  const body = sent.find((line) => line.startsWith('{'));
  const headers = sent
    .filter((line) => line !== body)
    .map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]);
  void read(
    fetch(url, { method, headers, signal: abort.signal, ...(body === undefined ? {} : { body }) }),
    (line) => lines.push(line),
  ).catch(() => {});
  return { send: () => {}, next, waiting: () => lines.length, leave: () => abort.abort() };
}

/** Status and media type, then the body: an event stream by its lines, without comments. */
async function read(answer: Promise<Response>, take: (line: string) => void): Promise<void> {
  const response = await answer;
  const type = response.headers.get('content-type') ?? '';
  take(`${response.status} ${type}`);
  if (!type.startsWith('text/event-stream')) {
    take(await response.text());
    return;
  }
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const rows = (rest + chunk).split('\n');
    rest = rows.pop() ?? '';
    for (const row of rows) if (row !== '' && !row.startsWith(':')) take(row);
  }
  take('END');
}

/** Puts what is known in the place of its name. */
function fill(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/<([^<>]+)>/g, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`nothing is known as <${name}>`);
    return value;
  });
}

/** JSON is compared as JSON, with the text before it. */
function matchLine(expected: string, actual: string, values: Map<string, string>): void {
  const [, before = '', json] = /^([a-z]+: )?(\{.*)$/s.exec(expected) ?? [];
  if (json === undefined) {
    match(expected, actual, values);
    return;
  }
  expect(actual.slice(0, before.length)).toBe(before);
  match(JSON.parse(json), JSON.parse(actual.slice(before.length)), values);
}

function match(expected: unknown, actual: unknown, values: Map<string, string>): void {
  if (typeof expected === 'string') {
    expect(typeof actual, `in the place of ${expected}`).toBe('string');
    matchText(expected, actual as string, values);
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(actual ?? {}), `keys beside ${JSON.stringify(expected)}`).toEqual(
      Object.keys(expected),
    );
    for (const [key, value] of Object.entries(expected)) {
      match(value, (actual as Record<string, unknown>)[key], values);
    }
  } else {
    expect(actual).toBe(expected);
  }
}

function matchText(expected: string, actual: string, values: Map<string, string>): void {
  const names = [...expected.matchAll(/<([^<>]+)>/g)].map(([, name]) => name as string);
  const pieces = expected.split(/<[^<>]+>/).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const found = new RegExp(`^${pieces.join('(.+)')}$`, 's').exec(actual);
  expect(found, `"${actual}" in the place of "${expected}"`).not.toBeNull();
  for (const [nth, name] of names.entries()) {
    const value = found?.[nth + 1] as string;
    if (name === '…') continue;
    expect(value, `<${name}>`).toBe(values.get(name) ?? value);
    values.set(name, value);
  }
}
