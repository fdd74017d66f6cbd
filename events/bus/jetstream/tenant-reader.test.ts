import { describe, expect, it } from 'vitest';
import type { Message } from './pull.ts';
import { unbroken } from './tenant-reader.ts';

/** `6,7` for messages without a gap before them, `gap 6,7` with one. */
function partsOf(seqs: readonly number[], after: number, trimmedTo: number): readonly string[] {
  const messages = seqs.map((seq) => ({ seq }) as Message);
  return unbroken(messages, after, { trimmedTo }).map(
    (part) => `${part.isGap ? 'gap ' : ''}${part.messages.map(({ seq }) => seq).join()}`,
  );
}

describe('what comes of a tenant', () => {
  it('has no gap where nothing was trimmed behind the last place, however far apart it lies', () => {
    expect(partsOf([6, 7, 20], 5, 0)).toEqual(['6,7,20']);
    expect(partsOf([6, 7, 20], 5, 5)).toEqual(['6,7,20']);
    expect(partsOf([], 5, 5)).toEqual(['']);
  });

  it('has none between neighbours that were trimmed when they had been sent', () => {
    expect(partsOf([6, 7, 8], 5, 8)).toEqual(['6,7,8']);
  });

  it('has one where trimming has come behind the last place, also in the middle', () => {
    expect(partsOf([10], 5, 6)).toEqual(['gap 10']);
    expect(partsOf([6, 7, 20, 21], 5, 15)).toEqual(['6,7', 'gap 20,21']);
    expect(partsOf([8, 20, 30], 5, 25)).toEqual(['gap 8', 'gap 20', 'gap 30']);
    expect(partsOf([], 5, 6)).toEqual(['gap ']);
  });
});
