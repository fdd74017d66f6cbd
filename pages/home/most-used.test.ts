import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import type { PageUsage } from '#gateway/transports/page-usage.ts';
import { MostUsed } from './most-used.ts';

const shown = (usage: PageUsage) => renderToString(html`<${MostUsed} usage=${usage} />`);

describe('what is asked most', () => {
  it('is not there where nobody counts', () => {
    expect(shown({ kind: 'off' })).toBe('');
  });

  it.each([
    [{ kind: 'hidden' }, 'not shown to your role'],
    [{ kind: 'failed' }, 'reading it failed'],
    [{ kind: 'counted', days: 30, operations: [] }, 'Nothing was asked yet'],
  ] as const)('says why there is nothing to see: %j', (usage, reason) => {
    expect(shown(usage)).toContain(reason);
    expect(shown(usage)).not.toContain('<table');
  });

  it('is a row for each operation of a client', () => {
    const common = { client: 'desk', kind: 'query', requests: 1_000 } as const;
    const text = shown({
      kind: 'counted',
      days: 30,
      operations: [
        { ...common, hash: 'a', name: 'Titles', errors: 0 },
        { ...common, hash: '0123456789', name: undefined, errors: 3 },
      ],
    });
    expect(text).toContain('In the last 30 days');
    expect(text.match(/<th scope="row"/g)).toHaveLength(2);
    expect(text).toContain('01234567');
    expect(text.match(/with errors/g)).toHaveLength(1);
  });
});
