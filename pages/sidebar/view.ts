import { html } from 'htm/preact';
import { missingAt, whyNull } from '../parts/missing.ts';
import { ShareBars } from '../parts/share-bars.ts';
import { Ago } from '../parts/time.ts';
import { TrendChart } from '../parts/trend-chart.ts';
import { count, money, percent, plural, shortDay, words } from '../parts/words.ts';
import { Freshness, Systems } from './freshness.ts';
import { type SidebarAccount, type SidebarGiven, windows } from './given.ts';
import { People } from './people.ts';
import { Section } from './section.ts';

/** The sidebar of one account. Which of its parts are missing, and because of which system, stands in their place. */
export function Sidebar(given: SidebarGiven) {
  return html`
    <${Head} ...${given} />
    <${Systems} ...${given} />
    <main>
      <${Pipeline} ...${given} />
      <${Usage} ...${given} />
      <${Sources} ...${given} />
      <${Engagement} ...${given} />
      <${People} ...${given} />
    </main>
    <footer>
      <${Freshness} ...${given} />
      <p class="quiet">
        Account ${given.account.id}.${' '}
        <a href="/accounts/${encodeURIComponent(given.account.id)}/snapshot" target="_blank" rel="noopener">The whole snapshot as JSON</a>
      </p>
    </footer>
  `;
}

function Head({ account, errors }: SidebarGiven) {
  const { name, domain, industry, country, employees, lifecycleStage, owner, ownerSource } = account;
  const facts = [domain, industry, country, employees === null ? null : `${count(employees)} people`];
  const hidden = whyNull(owner, errors, ['account', 'owner'])?.kind === 'hidden';
  return html`
    <header class="head">
      <div class="name">
        <h1>${name}</h1>
        ${lifecycleStage ? html`<span class="stage">${words(lifecycleStage)}</span>` : null}
      </div>
      <p class="facts">${facts.filter(Boolean).join(' · ')}</p>
      <p class="owner">
        ${
          owner
            ? html`<span class="initials" aria-hidden="true">${initials(owner.name)}</span>
                <span><strong>${owner.name}</strong> owns this account
                  <small>${[owner.team, ownerSource === 'DERIVED' ? 'taken from the latest opportunity, not recorded' : null].filter(Boolean).join(' · ')}</small>
                </span>`
            : html`<span>${hidden ? 'Owner: not shown to your role.' : 'Nobody owns this account.'}</span>`
        }
      </p>
    </header>
  `;
}

function initials(name: string): string {
  return name
    .split(/\s+/)
    .map((part) => part.charAt(0))
    .slice(0, 2)
    .join('');
}

function Pipeline({ account, errors }: SidebarGiven) {
  const { pipeline, opportunities } = account;
  return html`
    <${Section}
      id="pipeline"
      title="Open pipeline"
      aside=${pipeline && `${count(pipeline.wonCount)} won · ${count(pipeline.lostCount)} lost`}
      missing=${whyNull(pipeline, errors, ['account', 'pipeline'])}
    >
      <p class="figure">
        ${pipeline && html`<${OpenPipeline} ...${pipeline} />`}
      </p>
      <ul class="deals">
        ${opportunities?.nodes.map(
          ({ id, name, stage, amount, closeDate }, index) => html`
            <li key=${id}>
              <span class="what"><strong>${name}</strong><small>${words(stage)}${closeDate ? `, closes ${shortDay(closeDate)}` : ''}</small></span>
              <span class="amount">${amount ? money([amount]) : noAmount(errors, index)}</span>
            </li>
          `,
        )}
      </ul>
    </${Section}>
  `;
}

function noAmount(errors: SidebarGiven['errors'], index: number): string {
  const missing = missingAt(errors, ['account', 'opportunities', 'nodes', index, 'amount']);
  return missing?.kind === 'hidden' ? 'not for your role' : 'no amount';
}

/** What is open in money, or where no amount is known or shown, in opportunities. */
function OpenPipeline({ openCount, openAmount }: SidebarAccount['pipeline']) {
  const opportunities = plural(openCount, 'open opportunity', 'open opportunities');
  if (openAmount === null) {
    return html`<strong>${count(openCount)}</strong><span>${opportunities.replace(/^\S+ /, '')}; amounts are not shown to your role</span>`;
  }
  return openAmount.length === 0
    ? html`<strong>${count(openCount)}</strong><span>${opportunities.replace(/^\S+ /, '')}${openCount > 0 ? ', no amounts yet' : ''}</span>`
    : html`<strong>${money(openAmount)}</strong><span>in ${opportunities}</span>`;
}

function Usage({ account, errors, window, readAt }: SidebarGiven) {
  const { usage, usageTrend } = account;
  const interval = usageTrend?.interval === 'WEEK' ? 'week' : 'day';
  return html`
    <${Section}
      id="usage"
      title="Usage"
      aside=${usageTrend && html`as of <${Ago} time=${usageTrend.asOf} now=${readAt} />`}
      missing=${whyNull(usageTrend, errors, ['account', 'usageTrend'])}
    >
      <nav class="windows" aria-label="Days of usage">
        ${windows.map(
          (one) => html`
            <a href="/sidebar?account=${encodeURIComponent(account.id)}&days=${one.days}" aria-current=${one.window === window ? 'true' : undefined}>
              ${one.days} days
            </a>
          `,
        )}
      </nav>
      ${
        usage && usageTrend
          ? html`
              <dl class="numbers">
                <div><dt>Visits</dt><dd>${count(usage.visits)}</dd></div>
                <div><dt>Visitors</dt><dd>${count(usage.activeUsers)}</dd></div>
                <div><dt>Last seen</dt><dd>${usage.lastSeenAt ? html`<${Ago} time=${usage.lastSeenAt} now=${readAt} />` : 'never'}</dd></div>
              </dl>
              <${TrendChart}
                title="Visits per ${interval}"
                unit="visit"
                interval=${interval}
                points=${usageTrend.buckets.map(({ start, visits }) => ({ start, value: visits }))}
              />
            `
          : html`<p class="quiet">Nothing was measured yet.</p>`
      }
    </${Section}>
  `;
}

const mostChannels = 5;

function Sources({ account, errors }: SidebarGiven) {
  const { attribution } = account;
  const channels = attribution?.channels ?? [];
  const rest = channels.slice(mostChannels).reduce((sum, { credit }) => sum + Number(credit), 0);
  const shares = channels.slice(0, mostChannels).map(({ channel, credit, touches }) => ({
    name: words(channel),
    part: Number(credit),
    note: plural(touches, 'touch', 'touches'),
  }));
  return html`
    <${Section}
      id="attribution"
      title="What brought them"
      what="Attribution"
      aside=${attribution && plural(attribution.touches, 'touch', 'touches')}
      missing=${whyNull(attribution, errors, ['account', 'attribution'])}
    >
      ${
        shares.length === 0
          ? html`<p class="quiet">No marketing touched this account yet.</p>`
          : html`<${ShareBars}
              title="Credit by channel, by position"
              shares=${rest > 0 ? [...shares, { name: 'Others', part: rest, note: '' }] : shares}
            />`
      }
    </${Section}>
  `;
}

function Engagement({ account, errors, readAt }: SidebarGiven) {
  const { emailEngagement: mail, touches } = account;
  return html`
    <${Section}
      id="engagement"
      title="Engagement"
      what="Email engagement"
      aside=${mail?.lastEngagedAt && html`last <${Ago} time=${mail.lastEngagedAt} now=${readAt} />`}
      missing=${whyNull(mail, errors, ['account', 'emailEngagement'])}
    >
      ${
        mail
          ? html`
              <dl class="numbers">
                <div><dt>Delivered</dt><dd>${count(mail.delivered)}</dd></div>
                <div><dt>Opened</dt><dd>${mail.openRate === null ? '–' : percent(mail.openRate)}</dd></div>
                <div><dt>Clicked</dt><dd>${mail.clickRate === null ? '–' : percent(mail.clickRate)}</dd></div>
              </dl>
              ${
                mail.suppressedContacts > 0
                  ? html`<p class="quiet">${plural(mail.suppressedContacts, 'contact')} must not be written to.</p>`
                  : null
              }
            `
          : html`<p class="quiet">No mail was sent to this account.</p>`
      }
    </${Section}>
    <${Section} id="touches" title="Latest touches" missing=${whyNull(touches, errors, ['account', 'touches'])}>
      ${touches?.nodes.length === 0 ? html`<p class="quiet">None so far.</p>` : null}
      <ol class="touches">
        ${touches?.nodes.map(
          ({ id, channel, kind, at, campaign }) => html`
            <li key=${id}>
              <span><strong>${words(kind)}</strong> · ${words(channel)}<small>${campaign?.name ?? ''}</small></span>
              <${Ago} time=${at} now=${readAt} />
            </li>
          `,
        )}
      </ol>
    </${Section}>
  `;
}
