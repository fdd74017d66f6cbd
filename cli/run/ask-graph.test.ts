import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Asker } from '#chassis/graph.ts';
import { serveSubgraph } from '#chassis/serve.ts';
import { viewerSigner } from '#gateway/identity/internal-token.ts';
import { ephemeralKeys } from '#gateway/identity/signing-keys.ts';
import { openConsent } from '#subgraphs/consent/main.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import { consentOfSubgraph } from '#subgraphs/email/ask-consent.ts';
import { askSubgraph, emailQuestions } from './ask-graph.ts';

const asker = (tenant: string): Asker => ({
  tenant,
  requestId: 'req-1',
  traceparent: undefined,
  signal: new AbortController().signal,
});

describe('whom to ask for consent', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is the subgraph of the same process, which is told as whose machine', async () => {
    const consent = await openConsent({
      location: { engine: 'sqlite', file: join(folder, 'consent.sqlite') },
    });
    const record = (tenant: string, decision: 'GRANTED' | 'WITHDRAWN') => {
      const at = '2026-03-01T00:00:00.000Z';
      const row = {
        id: 'cns_1',
        contactId: 'con_1',
        purpose: 'EMAIL_MARKETING',
        decision,
        legalBasis: 'CONSENT' as const,
        jurisdiction: 'DE',
        source: 'form',
        evidence: null,
        recordedAt: at,
      };
      return consent.store.transaction((trx) => appendRecords(trx, tenant, [row], at));
    };
    await record('acme', 'GRANTED');
    await record('other', 'WITHDRAWN');
    const keys = ephemeralKeys();
    const running = await serveSubgraph(consent.subgraph, {
      host: '127.0.0.1',
      port: 0,
      log: pino({ level: 'silent' }),
      keys: { kind: 'memory', read: keys.publicKeys },
    });
    try {
      const ask = consentOfSubgraph(askSubgraph(running, 'email', viewerSigner(keys)));
      expect(await ask('con_1', 'EMAIL_MARKETING', asker('acme'))).toBe('GRANTED');
      expect(await ask('con_1', 'EMAIL_MARKETING', asker('other'))).toBe('DENIED');
      expect(await ask('con_1', 'EMAIL_MARKETING', asker('third'))).toBe('UNKNOWN');
      // A purpose that the tenant does not have.
      expect(await ask('con_1', 'CARRIER_PIGEON', asker('acme'))).toBe('UNKNOWN');
      const unvouched = consentOfSubgraph(askSubgraph(running, 'email', undefined));
      await expect(unvouched('con_1', 'EMAIL_MARKETING', asker('acme'))).rejects.toMatchObject({
        extensions: { code: 'CONSENT_UNAVAILABLE' },
      });
    } finally {
      await running.close();
    }
  });

  describe('by settings', () => {
    let server: Server;
    let url: string;
    const seen: (string | undefined)[] = [];
    beforeEach(async () => {
      seen.length = 0;
      server = createServer((request, response) => {
        seen.push(request.headers.authorization);
        response.end('{"data":{"contact":{"consent":{"state":"GRANTED"}}}}');
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    });
    afterEach(async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    });

    it('is the gateway, with the token of the tenant as the file has it by then', async () => {
      const file = join(folder, 'tokens.yaml');
      await writeFile(file, 'acme: first\n');
      const { consent: ask } = await emailQuestions({ GRAPH_URL: url, GRAPH_TOKENS: file });
      expect(await ask('con_1', 'EMAIL_MARKETING', asker('acme'))).toBe('GRANTED');
      await writeFile(file, 'acme: second\n');
      await ask('con_1', 'EMAIL_MARKETING', asker('acme'));
      expect(seen).toEqual(['Bearer first', 'Bearer second']);
      await expect(ask('con_1', 'EMAIL_MARKETING', asker('other'))).rejects.toMatchObject({
        extensions: { code: 'CONSENT_UNAVAILABLE' },
        cause: { cause: { message: expect.stringContaining('has no tenant "other"') } },
      });
      expect(seen).toHaveLength(2);
    });

    it('is nobody without them, and the error names what to set', async () => {
      const { consent: ask } = await emailQuestions({});
      await expect(ask('con_1', 'EMAIL_MARKETING', asker('acme'))).rejects.toMatchObject({
        message: expect.stringMatching(/GRAPH_URL.*GRAPH_TOKENS/),
        extensions: { code: 'CONSENT_UNAVAILABLE' },
      });
    });

    it.each([
      [
        'a URL that a token must not go to',
        { GRAPH_URL: 'http://graph.example/graphql' },
        /give the gateway's https URL/,
      ],
      ['no URL', { GRAPH_URL: 'graph' }, /GRAPH_URL is "graph"/],
      ['no file of tokens', { GRAPH_URL: 'https://graph.example/graphql' }, /without GRAPH_TOKENS/],
      [
        'a file that is not there',
        { GRAPH_URL: 'https://graph.example/graphql', GRAPH_TOKENS: '/tmp/none.yaml' },
        /\/tmp\/none\.yaml of GRAPH_TOKENS cannot be read \(ENOENT\)/,
      ],
    ])('refuses %s at once', async (_, env, message) => {
      await expect(emailQuestions(env)).rejects.toThrow(message);
    });
  });
});
