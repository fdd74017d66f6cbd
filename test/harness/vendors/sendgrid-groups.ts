import { sendGridProblem } from './sendgrid-problems.ts';
import type { SendGridState } from './sendgrid-state.ts';
import type { Handler } from './spec-server.ts';

/** Suppression groups. What is added to a group that is not there is added to the global suppressions. */
export function suppressionGroups(state: SendGridState): Record<string, Handler> {
  const find = (id = '') => state.groups.get(Number(id));
  const given = (body: unknown) =>
    (body as { recipient_emails: string[] }).recipient_emails.map((email) => email.toLowerCase());
  return {
    'GET /v3/asm/groups/{group_id}': ({ params }) => {
      const group = find(params.group_id);
      if (group === undefined) return sendGridProblem(404);
      const { members, ...shown } = group;
      return { status: 200, body: { ...shown, is_default: false, unsubscribes: members.size } };
    },
    'POST /v3/asm/groups/{group_id}/suppressions': ({ params, body }) => {
      const group = find(params.group_id);
      for (const email of given(body)) {
        if (group === undefined) state.suppressions.unsubscribes.push({ email, created: state.seconds() });
        else group.members.add(email);
      }
      return { status: 201, body: { recipient_emails: given(body) } };
    },
    'POST /v3/asm/groups/{group_id}/suppressions/search': ({ params, body }) => {
      const members = find(params.group_id)?.members;
      return { status: 200, body: given(body).filter((email) => members?.has(email)) };
    },
    'DELETE /v3/asm/groups/{group_id}/suppressions/{email}': ({ params }) => {
      find(params.group_id)?.members.delete((params.email ?? '').toLowerCase());
      return { status: 204 };
    },
  };
}
