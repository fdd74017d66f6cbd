import { describe } from 'vitest';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import { automation, singleSend, startSendgridAccount } from '#test/harness/vendors/sendgrid-account.ts';
import { sendgridPlatform } from '#test/harness/vendors/sendgrid-platform.ts';
import { describeEmailSystem, type OpenedEmailSystem } from './email-suite.ts';

const { missing } = sendGridSource();

async function open(): Promise<OpenedEmailSystem> {
  const { system, open: another, double, close } = await startSendgridAccount();
  return {
    system,
    another,
    platform: sendgridPlatform(double.state),
    campaigns: { enrolling: automation, other: singleSend },
    reasons: ['BOUNCE', 'COMPLAINT', 'UNSUBSCRIBE'],
    manyRecipients: 0,
    close,
  };
}

describe.skipIf(missing)('SendGrid', () => {
  describeEmailSystem('SendGrid', open);
});
