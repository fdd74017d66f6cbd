import { html } from 'htm/preact';
import type { Source } from '#gateway/transports/rest-sources.ts';
import { systemName } from '../parts/systems.ts';
import { Ago } from '../parts/time.ts';
import { ago, exactTime } from '../parts/words.ts';
import type { SidebarGiven } from './given.ts';

type Given = Pick<SidebarGiven, 'sources' | 'readAt'>;

const failures: Partial<Record<Source['status'], string>> = {
  UNAVAILABLE: 'is down',
  TIMEOUT: 'is too slow',
  ERROR: 'answered in part',
};

/** Said beside the age of what is shown, where that is older than the system should be asked for. */
const staleWord = 'not up to date';

/** One mark for each system, at the top: whether it answered, and how old the oldest of what it said is. */
export function Systems({ sources, readAt }: Given) {
  return html`
    <ul class="systems" aria-label="Systems">
      ${Object.entries(sources).map(
        ([name, { status, observedAt }]) => html`
          <li key=${name} class=${status in failures ? 'bad' : status === 'STALE' ? 'stale' : 'good'}>
            <strong>${systemName(name)}</strong>
            ${status === 'STALE' ? html`<span>${staleWord}:</span>` : ''}
            <span>${failures[status] ?? (observedAt ? html`<${Ago} time=${observedAt} now=${readAt} />` : 'answered')}</span>
          </li>
        `,
      )}
    </ul>
  `;
}

/** When each system was last seen to hold what is shown, in full. */
export function Freshness({ sources, readAt }: Given) {
  return html`
    <details class="freshness">
      <summary>How fresh this is</summary>
      <table>
        <thead>
          <tr><th scope="col">System</th><th scope="col">Oldest value seen</th><th scope="col">Took</th></tr>
        </thead>
        <tbody>
          ${Object.entries(sources).map(
            ([name, { status, observedAt, latencyMs }]) => html`
              <tr key=${name}>
                <th scope="row">${systemName(name)}</th>
                <td>
                  ${failures[status] ?? (observedAt ? html`${ago(observedAt, readAt)}<small>${exactTime(observedAt)}</small>${status === 'STALE' ? html`<small>${staleWord}</small>` : ''}` : 'no time given')}
                </td>
                <td>${latencyMs === null ? '–' : `${Math.round(latencyMs)} ms`}</td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </details>
  `;
}
