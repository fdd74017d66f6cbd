import type { EmailPlatform } from '#subgraphs/email/adapters/email-suite.ts';
import { list } from './sendgrid-account.ts';
import type { SendGridState } from './sendgrid-state.ts';

/** What happens at SendGrid's double without us. */
export function sendgridPlatform(state: SendGridState): EmailPlatform {
  const upsert = (contact: Parameters<SendGridState['addJob']>[0][number]) => {
    state.addJob([contact], []);
    state.runJobs();
  };
  const told = { created: state.seconds(), reason: '550 no such user', status: '5.1.1', ip: '127.0.0.1' };
  return {
    addRecipients: async (people) =>
      people.map(({ address, contactId }) => {
        upsert({ email: address, external_id: contactId });
        return state.findContact(address)?.id ?? '';
      }),
    changeRecipient: async (id) => {
      const { email, external_id } = state.contacts.get(id) ?? {};
      upsert({ ...(email && { email }), ...(external_id && { external_id }), first_name: 'Other' });
    },
    suppress: async ({ address: email }, reason) => {
      const lists = { BOUNCE: 'bounces', COMPLAINT: 'spam_reports', UNSUBSCRIBE: 'unsubscribes' } as const;
      const { reason: why, status, ip, created } = told;
      const lines = {
        bounces: { email, created, reason: why, status },
        spam_reports: { email, created, ip },
        unsubscribes: { email, created },
      };
      const name = lists[reason as keyof typeof lists];
      state.suppressions[name].push(lines[name]);
    },
    record: null,
    enrollments: async (_, { address }) => {
      const id = state.findContact(address)?.id;
      return state.joined.filter((each) => each.contactId === id && each.listId === list).length;
    },
    mayMail: async ({ address }) => {
      const { bounces, invalid_emails, spam_reports, unsubscribes } = state.suppressions;
      const lines = [...bounces, ...invalid_emails, ...spam_reports, ...unsubscribes];
      return !lines.some(({ email }) => email === address);
    },
  };
}
