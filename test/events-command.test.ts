import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Commands, openCommands } from '#test/harness/commands.ts';
import { ask } from '#test/harness/subgraph.ts';

const ready = /ready at (http:\/\/\S+?)[ \n]/;

describe('the commands that look into the events', () => {
  let commands: Commands;
  beforeEach(async () => {
    commands = await openCommands();
  });
  afterEach(() => commands.end());
  const start = (args: readonly string[]) => commands.start(args);
  const print = (...args: readonly string[]) => commands.run(args);
  const moveLead = async (url: string, leadId: string, status: string) => {
    const input = { idempotencyKey: `move-to-${status}`, leadId, status };
    const moved = await ask(
      `${url}/graphql`,
      'mutation M($input: UpdateLeadStatusInput!) { updateLeadStatus(input: $input) { event { id } } }',
      { input },
    );
    expect(moved.errors).toBeUndefined();
    return moved.data.updateLeadStatus.event.id as string;
  };

  it('ask the running process, and do it themselves where there is none', { timeout: 180_000 }, async () => {
    const up = start(['up', '--demo-accounts', '4']);
    const [, url = ''] = await up.prints(ready);
    const { data } = await ask(
      `${url}/graphql`,
      '{ leads(first: 1, filter: { status: [NEW] }) { nodes { id } } }',
    );
    const lead = data.leads.nodes[0].id;
    const tail = start(['events', 'tail', '--json', '--from', '2020-01-01T00:00:00Z']);
    const first = await moveLead(url, lead, 'WORKING');
    await expect.poll(() => tail.output().stdout, { timeout: 20_000 }).toContain(first);
    const shown = JSON.parse((await print('events', 'show', first)).stdout);
    expect(shown).toMatchObject({
      kind: 'event',
      event: { id: first, data: { from: 'NEW', to: 'WORKING' } },
    });

    const all = await print('events', 'tail', '--no-follow', '--from', '2020-01-01T00:00:00Z');
    expect(all.stdout.split('\n')).toEqual([
      expect.stringMatching(/LeadStatusChanged\.v1 \S+ v2 \{"from":"NEW","to":"WORKING"\}/),
    ]);
    const second = await moveLead(url, lead, 'QUALIFIED');
    const behind = await print('events', 'tail', '--no-follow', '--json', '--from', first);
    expect(
      behind.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event.id),
    ).toEqual([second]);
    await expect.poll(() => tail.output().stdout, { timeout: 20_000 }).toContain(second);
    tail.process.kill('SIGINT');
    await tail.ended;

    expect((await print('outbox', 'status')).stdout).toContain('crm: nothing waits');
    expect((await print('dead-letters', 'list')).stdout).toContain('0 dead letters');
    const wrong = await print('events', 'replay', '--consumer', 'email.nobody');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('email.consent-suppression') });

    // What was committed and published outlives the process, however it ends.
    up.process.kill('SIGKILL');
    await up.ended;
    const kept = await print('events', 'tail', '--no-follow', '--json', '--from', first);
    expect(
      kept.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event.id),
    ).toEqual([second]);
    const dry = await print('events', 'replay', '--consumer', 'email.consent-suppression', '--dry-run');
    expect(JSON.parse(dry.stdout)).toMatchObject({ read: 0, handled: 0 });
  });
});
