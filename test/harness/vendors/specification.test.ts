import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { klaviyoSource } from './klaviyo.ts';
import { sendGridSource } from './sendgrid.ts';
import { nameOf, readSpecification, type Specification } from './specification.ts';
import { danglingReferences, type Json, type JsonObject, reachable } from './specification-mending.ts';

/* The very class that Prism compiles with. It swallows what this throws, and then judges nothing. */
const prism = createRequire(createRequire(import.meta.url).resolve('@stoplight/prism-http'));
const { default: Ajv } = prism('ajv/dist/core');
const compile = vi.spyOn(Ajv.prototype, 'compile');
afterEach(() => compile.mockClear());
afterAll(() => compile.mockRestore());

const compiled = () => {
  const failures = compile.mock.results
    .filter(({ type }) => type === 'throw')
    .map(({ value }) => String(value));
  return { times: compile.mock.results.length - failures.length, failures };
};

/** Sends every operation a body, and has it answer every status, so that Prism compiles every schema it uses. */
async function exercise(specification: Specification) {
  let bodies = 0;
  let answers = 0;
  const isRepeated = repeats();
  for (const operation of specification.operations) {
    const contents = operation.request?.body?.contents ?? [];
    if (contents.some(({ schema }) => schema)) {
      bodies += 1;
      await specification.respond(requestTo(operation, contents[0]?.mediaType));
    }
  }
  const requests = compiled();
  compile.mockClear();
  for (const operation of specification.operations) {
    for (const { code, contents } of operation.responses) {
      const [content] = contents ?? [];
      if (content?.schema === undefined) continue;
      answers += 1;
      if (isRepeated(operation, content.schema as Json)) continue;
      await specification.judge(operation, {
        status: Number(code.replaceAll('X', '0')),
        headers: { 'content-type': content.mediaType },
        body: {},
      });
    }
  }
  return { bodies, answers, requests, responses: compiled() };
}

/** Most answers are the same few errors: a schema that was compiled with all it leads to need not be again. */
function repeats() {
  const seen = new Set<string>();
  return (operation: Specification['operations'][number], schema: Json): boolean => {
    const { __bundled__ } = operation as unknown as { __bundled__: JsonObject };
    const withoutIds = (name: string, value: unknown) => (name === 'x-stoplight' ? undefined : value);
    const text = JSON.stringify([schema, reachable(schema, __bundled__)], withoutIds);
    const repeated = seen.has(text);
    seen.add(text);
    return repeated;
  };
}

function requestTo(operation: Specification['operations'][number], mediaType = 'application/json') {
  return {
    method: operation.method.toUpperCase(),
    path: operation.path.replaceAll(/\{[^}]+\}/g, '1'),
    query: new URLSearchParams(),
    headers: { 'content-type': mediaType, 'content-length': '2', authorization: 'Bearer x', revision: '1' },
    body: {},
  };
}

describe.each([
  { vendor: 'Klaviyo', source: klaviyoSource(), bodies: 41, answers: 417 },
  { vendor: 'SendGrid', source: sendGridSource(), bodies: 37, answers: 284 },
])('the specification of $vendor', ({ source, bodies, answers }) => {
  let reading: Promise<Specification> | undefined;
  const read = () => {
    reading ??= readSpecification(source);
    return reading;
  };

  it.skipIf(source.missing)(
    'has every schema of a body compiled',
    async () => {
      const found = await exercise(await read());
      expect(found.requests.failures).toEqual([]);
      expect(found.responses.failures).toEqual([]);
      expect({ bodies: found.bodies, answers: found.answers }).toEqual({ bodies, answers });
      expect(found.requests.times).toBeGreaterThanOrEqual(bodies);
    },
    60_000,
  );

  it.skipIf(source.missing)('has no operation twice', async () => {
    const { operations } = await read();
    const names = operations.map(nameOf);
    expect(names).toEqual([...new Set(names)]);
  });

  it.skipIf(source.missing)('has no reference that leads nowhere', () => {
    for (const file of source.files) {
      expect(danglingReferences(JSON.parse(readFileSync(join(source.folder, file), 'utf8')))).toEqual([]);
    }
  });
});

describe.skipIf(sendGridSource().missing)('the amendments to SendGrid', () => {
  const bearer = { authorization: 'Bearer x', 'content-type': 'application/json', 'content-length': '9' };
  const schedule = {
    method: 'PUT',
    path: '/v3/marketing/singlesends/1/schedule',
    query: new URLSearchParams(),
    headers: bearer,
    body: { send_at: 'now' },
  };
  const unsuppressed = { status: 200, headers: { 'content-type': 'application/json' }, body: {} };
  const outcome = async (specification: Specification) => {
    const one = specification.operations.find(
      (each) => nameOf(each) === 'GET /v3/asm/suppressions/global/{email}',
    );
    return {
      sendNow: (await specification.respond(schedule)).kind,
      unsuppressed: (await specification.judge(one!, unsuppressed)).length,
    };
  };

  it('are still needed, and enough', async () => {
    const { amendments, ...source } = sendGridSource();
    expect(amendments).toHaveLength(2);
    expect(await outcome(await readSpecification(source))).toEqual({ sendNow: 'refused', unsuppressed: 1 });
    expect(await outcome(await readSpecification({ ...source, amendments }))).toEqual({
      sendNow: 'answered',
      unsuppressed: 0,
    });
  });
});
