import { describe } from 'vitest';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { klaviyoHouse } from '#test/harness/vendors/klaviyo-email.ts';
import { describeEmailSystem } from './email-suite.ts';

describe.skipIf(klaviyoSource().missing)('Klaviyo', () => {
  describeEmailSystem('Klaviyo', () => klaviyoHouse());
});
