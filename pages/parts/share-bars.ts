import { html } from 'htm/preact';
import { percent } from './words.ts';

export interface Share {
  readonly name: string;
  /** From 0 to 1. */
  readonly part: number;
  readonly note: string;
}

/** Parts of a whole as bars. It is a table, so that it reads as one where bars cannot be seen. */
export function ShareBars({ title, shares }: { readonly title: string; readonly shares: readonly Share[] }) {
  const most = Math.max(...shares.map(({ part }) => part), Number.EPSILON);
  return html`
    <table class="shares">
      <caption>${title}</caption>
      <thead class="unseen">
        <tr><th scope="col">Channel</th><th scope="col">Bar</th><th scope="col">Share</th></tr>
      </thead>
      <tbody>
        ${shares.map(
          ({ name, part, note }) => html`
            <tr key=${name}>
              <th scope="row">${name}</th>
              <td class="bar" aria-hidden="true">
                <svg width="100%" height="10">
                  <rect class="ground" width="100%" height="10" rx="5" />
                  <rect class="value" width="${Math.max(1, (part / most) * 100).toFixed(1)}%" height="10" rx="5" />
                </svg>
              </td>
              <td class="share"><strong>${percent(part)}</strong> <small>${note}</small></td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}
