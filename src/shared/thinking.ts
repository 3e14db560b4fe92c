/** How much a model is to think before it answers (methods.md §3, `thinking`). */
export const thinkingLevels = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'adaptive'] as const;

/** `off`: it is not told to; `adaptive`: as much as it wants, which is the same for APIs that know no other word. */
export type ThinkingLevel = (typeof thinkingLevels)[number];

/** Undefined for another word: it counts for nothing. */
export function thinkingLevelOf(word: string | undefined): ThinkingLevel | undefined {
  return thinkingLevels.find((level) => level === word?.trim().toLowerCase());
}
