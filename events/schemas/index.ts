import type { EventDefinition } from '../define-event.ts';
import { accountOwnerAssignedV1 } from './account-owner-assigned.v1.ts';
import { campaignEnrolledV1 } from './campaign-enrolled.v1.ts';
import { consentUpdatedV1 } from './consent-updated.v1.ts';
import { contactSuppressedV1 } from './contact-suppressed.v1.ts';
import { conversionRecordedV1 } from './conversion-recorded.v1.ts';
import { enrollmentRefusedV1 } from './enrollment-refused.v1.ts';
import { leadCreatedV1 } from './lead-created.v1.ts';
import { leadOwnerAssignedV1 } from './lead-owner-assigned.v1.ts';
import { leadStatusChangedV1 } from './lead-status-changed.v1.ts';
import { opportunityStageMovedV1 } from './opportunity-stage-moved.v1.ts';
import { touchRecordedV1 } from './touch-recorded.v1.ts';
import { unsubscribedV1 } from './unsubscribed.v1.ts';

export {
  accountOwnerAssignedV1,
  campaignEnrolledV1,
  consentUpdatedV1,
  contactSuppressedV1,
  conversionRecordedV1,
  enrollmentRefusedV1,
  leadCreatedV1,
  leadOwnerAssignedV1,
  leadStatusChangedV1,
  opportunityStageMovedV1,
  touchRecordedV1,
  unsubscribedV1,
};

/** Every version of every event, the owners' in their order. */
export const eventDefinitions: readonly EventDefinition[] = [
  leadCreatedV1,
  leadStatusChangedV1,
  leadOwnerAssignedV1,
  accountOwnerAssignedV1,
  opportunityStageMovedV1,
  consentUpdatedV1,
  campaignEnrolledV1,
  enrollmentRefusedV1,
  unsubscribedV1,
  contactSuppressedV1,
  conversionRecordedV1,
  touchRecordedV1,
];
