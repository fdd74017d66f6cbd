import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { ResponseError } from '#gateway/plan/types.ts';
import type { LatestAccountQuery } from '../__generated__/operations.ts';
import { type Missing, whyMissing, whyNull } from '../parts/missing.ts';
import { systemName } from '../parts/systems.ts';
import { Ago } from '../parts/time.ts';
import { count, money, percent, plural } from '../parts/words.ts';

type Account = LatestAccountQuery['accounts']['nodes'][number];

/** The account that changed last, or why there is none to show. */
export type LatestAccount =
  | {
      readonly kind: 'found';
      readonly account: Account;
      readonly totalCount: number;
      readonly errors: readonly ResponseError[];
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'missing'; readonly missing: Missing };

export function latestAccount(
  data: LatestAccountQuery | null,
  errors: readonly ResponseError[],
): LatestAccount {
  const { nodes, totalCount } = data?.accounts ?? { nodes: [], totalCount: 0 };
  const [account] = nodes;
  const [error] = errors;
  if (account) return { kind: 'found', account, totalCount, errors };
  return error ? { kind: 'missing', missing: whyMissing(error) } : { kind: 'none' };
}

/** A fact or two of one account from each system, each with the system's name and the age of what it said. */
export function AccountCard({ shown, now }: { readonly shown: LatestAccount; readonly now: string }) {
  if (shown.kind === 'none') {
    return html`<p class="card quiet">There is no account yet: import some, or start with demo data.</p>`;
  }
  if (shown.kind === 'missing')
    return html`<p class="notice ${shown.missing.kind}">${sentence(shown.missing)}</p>`;
  const { account, totalCount, errors } = shown;
  const at = ['accounts', 'nodes', '0'];
  const { emailEngagement: mail, usage, contacts, pipeline } = account;
  const mailable = contacts.nodes.filter(({ consent }) => consent?.state === 'GRANTED').length;
  const consents = contacts.nodes.flatMap(({ consent }) => consent ?? []);
  const anyConsent = consents.find(({ observedAt }) => observedAt !== null) ?? consents[0] ?? null;
  return html`
    <article class="card">
      <header class="row">
        <div>
          <h3>${account.name}</h3>
          <p class="quiet">${[account.domain, account.industry, account.country].filter(Boolean).join(' · ')}</p>
        </div>
        <p class="quiet">1 of ${plural(totalCount, 'account')}</p>
      </header>
      <dl class="facts">
        <${Fact} system="crm" label="Open pipeline" observedAt=${account.observedAt} now=${now}
          missing=${whyNull(pipeline, errors, [...at, 'pipeline'])}>
          ${pipeline && openPipeline(pipeline)}
        </${Fact}>
        <${Fact} system="email" label="Mail opened" observedAt=${mail?.observedAt} now=${now}
          missing=${whyNull(mail, errors, [...at, 'emailEngagement'])}>
          ${mail && mail.openRate !== null ? percent(mail.openRate) : '–'}
        </${Fact}>
        <${Fact} system="analytics" label="Visits in 30 days" observedAt=${usage?.observedAt} now=${now}
          missing=${whyNull(usage, errors, [...at, 'usage'])}>
          ${usage ? count(usage.visits) : '–'}
        </${Fact}>
        <${Fact} system="consent" label="May be emailed" observedAt=${anyConsent?.observedAt} now=${now}
          missing=${whyNull(anyConsent, errors, [...at, 'contacts', 'nodes', '*', 'consent'])}>
          ${mailable} of ${contacts.nodes.length}
        </${Fact}>
      </dl>
      <footer class="row">
        <p class="quiet">${account.owner ? html`Owned by <strong>${account.owner.name}</strong>` : 'Without an owner'}</p>
        <p>
          <a href="/sidebar?account=${encodeURIComponent(account.id)}">Sidebar</a>${' · '}
          <a href="/accounts/${encodeURIComponent(account.id)}/snapshot">Snapshot as JSON</a>
        </p>
      </footer>
    </article>
  `;
}

/** In money where an amount is known and may be shown, or in deals. */
function openPipeline({ openAmount, openCount }: Account['pipeline']): string {
  return openAmount && openAmount.length > 0 ? money(openAmount) : plural(openCount, 'deal');
}

interface FactProps {
  readonly system: string;
  readonly label: string;
  readonly observedAt: string | null | undefined;
  readonly now: string;
  readonly missing: Missing | null;
  readonly children?: ComponentChildren;
}

function Fact({ system, label, observedAt, now, missing, children }: FactProps) {
  return html`
    <div class=${missing ? 'missing' : 'there'}>
      <dt>${label}</dt>
      <dd>
        <strong>${missing ? reasons[missing.kind] : children}</strong>
        <small>${systemName(system)}${!missing && observedAt ? html`, <${Ago} time=${observedAt} now=${now} />` : null}</small>
      </dd>
    </div>
  `;
}

const reasons = { down: 'System down', hidden: 'Not shown to your role', failed: 'Reading failed' } as const;

function sentence(missing: Missing): string {
  switch (missing.kind) {
    case 'down':
      return `No account can be shown: ${systemName(missing.subgraph)} does not answer right now.`;
    case 'hidden':
      return 'Accounts are not shown to your role, or you are not signed in.';
    case 'failed':
      return 'No account can be shown: reading it failed.';
  }
}
