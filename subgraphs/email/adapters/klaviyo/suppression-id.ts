/** Suppressions are a part of the profile and have no ids of their own. `reason` is ours, or Klaviyo's without a word. */
export function suppressionId(reason: string, profileId: string): string {
  return `${profileId}:${reason}`;
}
