/** HubSpot's words for ours as a usual account has them, said here once more: an adapter's own are not their proof. */
export const leadStages = {
  NEW: 'new-stage-id',
  WORKING: 'attempting-stage-id',
  QUALIFIED: 'qualified-stage-id',
  DISQUALIFIED: 'unqualified-stage-id',
};
export const dealStages = {
  PROSPECTING: 'appointmentscheduled',
  ENGAGING: 'qualifiedtobuy',
  PROPOSAL: 'presentationscheduled',
  NEGOTIATION: 'contractsent',
  WON: 'closedwon',
  LOST: 'closedlost',
};
export const lifecycles = {
  SUBSCRIBER: 'subscriber',
  LEAD: 'lead',
  MARKETING_QUALIFIED: 'marketingqualifiedlead',
  SALES_QUALIFIED: 'salesqualifiedlead',
  OPPORTUNITY: 'opportunity',
  CUSTOMER: 'customer',
};
