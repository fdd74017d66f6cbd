import { html } from 'htm/preact';
import { clockTime, exactTime, plural, words } from '../parts/words.ts';
import { emptyFeed, type Feed, mostShown, stateWords } from './feed.ts';
import type { LeadUpdate, LiveGiven } from './given.ts';
import { happeningOf } from './happening.ts';

export interface LivePageProps {
  readonly given: LiveGiven;
  readonly feed?: Feed;
  /** How many updates whoever listens to the page is told of: not each one, since they may come fast. */
  readonly announced?: number;
}

/** The page of lead updates. The server draws it empty. */
export function LivePage({ given, feed = emptyFeed, announced = 0 }: LivePageProps) {
  const { mark, text } = stateWords(feed);
  return html`
    <header class="bar">
      <div class="wide"><a href="/">Tributary</a><a href="/graphiql">GraphiQL</a></div>
    </header>
    <main class="wide">
      <h1>Leads, live</h1>
      <p class="quiet">Every change is here as soon as it is committed, once, and in order; also what happened while the connection was away.</p>
      <div class="state">
        <p role="status" class=${mark}>${text}</p>
        <p class="quiet">${feed.count === 0 ? 'No updates yet' : plural(feed.count, 'update')}</p>
      </div>
      <p role="status" class="unseen">${announced === 0 ? '' : `${plural(announced, 'update')} so far`}</p>
      <${Notices} ...${feed} />
      <${Filter} ...${given} />
      <${Updates} updates=${feed.updates} />
      <noscript><p class="notice">This page needs JavaScript to show updates.</p></noscript>
    </main>
  `;
}

function Notices({ gap, unreadable }: Pick<Feed, 'gap' | 'unreadable'>) {
  return html`
    <div role="status">
      ${gap ? html`<p class="notice down">Updates may be missing: ${gap.message}</p>` : null}
      ${unreadable > 0 ? html`<p class="notice">${plural(unreadable, 'update')} could not be read.</p>` : null}
    </div>
  `;
}

function Filter({ ownerId, accountId }: LiveGiven) {
  return html`
    <form class="filter" action="/live">
      <label>Owner id<input name="owner" autocomplete="off" value=${ownerId ?? ''} placeholder="anybody" /></label>
      <label>Account id<input name="account" autocomplete="off" value=${accountId ?? ''} placeholder="any" /></label>
      <button type="submit">Show these</button>
      ${ownerId !== null || accountId !== null ? html`<a href="/live">Show all</a>` : null}
    </form>
  `;
}

function Updates({ updates }: Pick<Feed, 'updates'>) {
  return html`
    <div class="updates" tabindex="0" role="region" aria-label="Updates, newest first">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th><th scope="col">Lead</th><th scope="col">What changed</th>
            <th scope="col">Owner</th><th scope="col">Account</th>
          </tr>
        </thead>
        <tbody>${updates.map((update) => html`<${Update} key=${update.event?.id} ...${update} />`)}</tbody>
      </table>
      ${updates.length === mostShown ? html`<p class="quiet">Older ones are no longer shown.</p>` : null}
    </div>
  `;
}

function Update(update: LeadUpdate) {
  const { occurredAt, event, lead } = update;
  const { what, before, after } = happeningOf(update);
  return html`
    <tr data-event=${event?.id}>
      <td>${occurredAt ? html`<time datetime=${occurredAt} title=${exactTime(occurredAt)}>${clockTime(occurredAt)}</time>` : '–'}</td>
      <th scope="row">${lead?.contact?.name ?? lead?.id ?? '–'}${lead ? html`<small>${words(lead.status)} now</small>` : null}</th>
      <td>
        <strong>${what}</strong>
        ${before === null ? null : html`<span class="before">${before}</span>`}
        ${after === null ? null : html`<span><span aria-hidden="true">→ </span><span class="unseen">to </span>${after}</span>`}
      </td>
      <td>${lead?.owner ? html`<a href="/live?owner=${encodeURIComponent(lead.owner.id)}">${lead.owner.name}</a>` : 'nobody'}</td>
      <td>${lead?.account ? html`<a href="/sidebar?account=${encodeURIComponent(lead.account.id)}">${lead.account.name}</a>` : '–'}</td>
    </tr>
  `;
}
