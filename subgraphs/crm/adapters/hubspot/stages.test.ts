import { expect, it } from 'vitest';
import { stagesOf } from './stages.ts';

const pipelines = { first: { a: 'WON', b: 'LOST' }, second: { c: 'PROPOSAL', d: 'WON' } };
const { write } = stagesOf('stage', { pipeline: 'pipeline', stage: 'dealstage', pipelines });

it('a record stays in its pipeline, and a new one goes to the first that has the stage', () => {
  const to = (stage: string, pipeline: string | null) =>
    write({ stage }, pipeline === null ? null : { pipeline });
  expect(to('WON', 'second')).toEqual({ kind: 'properties', properties: { dealstage: 'd' } });
  expect(to('WON', 'first')).toEqual({ kind: 'properties', properties: { dealstage: 'a' } });
  expect(to('PROPOSAL', null)).toEqual({
    kind: 'properties',
    properties: { pipeline: 'second', dealstage: 'c' },
  });
  for (const pipeline of ['first', 'another', 'constructor', '']) {
    expect(to('PROPOSAL', pipeline)).toMatchObject({ kind: 'rejected', code: 'UNMAPPED_VALUE' });
  }
});
