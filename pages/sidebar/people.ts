import { html } from 'htm/preact';
import { missingAt, whyNull } from '../parts/missing.ts';
import { Ago } from '../parts/time.ts';
import { plural } from '../parts/words.ts';
import type { SidebarContact, SidebarGiven } from './given.ts';
import { mayCall, mayEmail, type Permission } from './permission.ts';
import { Notice, Section } from './section.ts';

/** The contacts, and what each allows. Every one opens by keyboard too. */
export function People({ account, errors, readAt }: SidebarGiven) {
  const contacts = account.contacts;
  const path = ['account', 'contacts'];
  const parts = [
    { what: 'Consent', missing: missingAt(errors, [...path, 'nodes', '*', 'consents']) },
    { what: 'Mail to these people', missing: missingAt(errors, [...path, 'nodes', '*', 'engagement']) },
  ];
  return html`
    <${Section}
      id="people"
      title="People"
      aside=${contacts && plural(contacts.totalCount, 'contact')}
      missing=${whyNull(contacts, errors, path)}
    >
      ${parts.map(({ what, missing }) => missing && html`<${Notice} missing=${missing} what=${what} />`)}
      ${contacts?.nodes.length === 0 ? html`<p class="quiet">No contact is known.</p>` : null}
      <ul class="people">
        ${contacts?.nodes.map(
          (contact) => html`<li key=${contact.id}><${Person} contact=${contact} now=${readAt} /></li>`,
        )}
      </ul>
      ${
        contacts && contacts.totalCount > contacts.nodes.length
          ? html`<p class="quiet">and ${plural(contacts.totalCount - contacts.nodes.length, 'other')}</p>`
          : null
      }
    </${Section}>
  `;
}

function Person({ contact, now }: { readonly contact: SidebarContact; readonly now: string }) {
  const email = mayEmail(contact);
  const call = mayCall(contact);
  const { engagement } = contact;
  return html`
    <details>
      <summary>
        <span class="who"><strong>${contact.name}</strong><small>${contact.title ?? ''}</small></span>
        <${Allowed} verb="email" permission=${email} />
        <${Allowed} verb="call" permission=${call} />
      </summary>
      <dl>
        <dt>Email</dt>
        <dd>
          ${address(contact.email, email, 'mailto:')}
          <small>${answers[email.answer]}: ${email.reason}</small>
        </dd>
        <dt>Phone</dt>
        <dd>
          ${address(contact.phone, call, 'tel:')}
          <small>${answers[call.answer]}: ${call.reason}</small>
        </dd>
        <dt>Mail so far</dt>
        <dd>
          ${
            engagement
              ? html`${engagement.delivered} delivered, ${engagement.opened} opened
                ${engagement.lastOpenedAt && html`<small>last <${Ago} time=${engagement.lastOpenedAt} now=${now} /></small>`}`
              : 'not known'
          }
        </dd>
      </dl>
    </details>
  `;
}

const answers = { yes: 'Allowed', no: 'Not allowed', unknown: 'Not known' } as const;
const marks = { yes: '✓', no: '✕', unknown: '?' } as const;

function Allowed({ verb, permission }: { readonly verb: string; readonly permission: Permission }) {
  const { answer } = permission;
  return html`
    <span class="allowed ${answer}">
      <span aria-hidden="true">${marks[answer]}</span>${' '}${verb}<span class="unseen">: ${answers[answer].toLowerCase()}</span>
    </span>
  `;
}

/** A link where it may be used, else the plain text. */
function address(value: string | null, { answer }: Permission, scheme: string) {
  if (value === null) return html`<span>not shown or not known</span>`;
  return answer === 'yes'
    ? html`<a href=${scheme + value} target="_top">${value}</a>`
    : html`<span>${value}</span>`;
}
