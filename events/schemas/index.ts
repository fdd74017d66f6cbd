import type { EventDefinition } from '../define-event.ts';
import { accountChangeRejectedV1 } from './account-change-rejected.v1.ts';
import { accountDetailsChangedV1 } from './account-details-changed.v1.ts';
import { accountOwnerAssignedV1 } from './account-owner-assigned.v1.ts';
import { campaignEnrolledV1 } from './campaign-enrolled.v1.ts';
import { consentUpdatedV1 } from './consent-updated.v1.ts';
import { contactDetailsChangedV1 } from './contact-details-changed.v1.ts';
import { contactSuppressedV1 } from './contact-suppressed.v1.ts';
import { conversionRecordedV1 } from './conversion-recorded.v1.ts';
import { enrollmentChangeRejectedV1 } from './enrollment-change-rejected.v1.ts';
import { enrollmentRefusedV1 } from './enrollment-refused.v1.ts';
import { leadChangeRejectedV1 } from './lead-change-rejected.v1.ts';
import { leadCreatedV1 } from './lead-created.v1.ts';
import { leadDetailsChangedV1 } from './lead-details-changed.v1.ts';
import { leadOwnerAssignedV1 } from './lead-owner-assigned.v1.ts';
import { leadStatusChangedV1 } from './lead-status-changed.v1.ts';
import { opportunityChangeRejectedV1 } from './opportunity-change-rejected.v1.ts';
import { opportunityDetailsChangedV1 } from './opportunity-details-changed.v1.ts';
import { opportunityStageMovedV1 } from './opportunity-stage-moved.v1.ts';
import { suppressionChangeRejectedV1 } from './suppression-change-rejected.v1.ts';
import { suppressionLiftedV1 } from './suppression-lifted.v1.ts';
import { touchRecordedV1 } from './touch-recorded.v1.ts';
import { unsubscribedV1 } from './unsubscribed.v1.ts';

export {
  accountChangeRejectedV1,
  accountDetailsChangedV1,
  accountOwnerAssignedV1,
  campaignEnrolledV1,
  consentUpdatedV1,
  contactDetailsChangedV1,
  contactSuppressedV1,
  conversionRecordedV1,
  enrollmentChangeRejectedV1,
  enrollmentRefusedV1,
  leadChangeRejectedV1,
  leadCreatedV1,
  leadDetailsChangedV1,
  leadOwnerAssignedV1,
  leadStatusChangedV1,
  opportunityChangeRejectedV1,
  opportunityDetailsChangedV1,
  opportunityStageMovedV1,
  suppressionChangeRejectedV1,
  suppressionLiftedV1,
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
  leadChangeRejectedV1,
  accountChangeRejectedV1,
  opportunityChangeRejectedV1,
  accountDetailsChangedV1,
  contactDetailsChangedV1,
  leadDetailsChangedV1,
  opportunityDetailsChangedV1,
  consentUpdatedV1,
  campaignEnrolledV1,
  enrollmentRefusedV1,
  unsubscribedV1,
  contactSuppressedV1,
  suppressionLiftedV1,
  enrollmentChangeRejectedV1,
  suppressionChangeRejectedV1,
  conversionRecordedV1,
  touchRecordedV1,
];
