/** What a network tells of an account, as rows can hold it: it goes to every client with each health snapshot. */
import { isRecord } from '../../../shared/is-record.js';
import { accountLimits } from '../limits.js';

/** Nothing of what is no plain data, or too much of it. */
export function plainFacts(told: unknown): Readonly<Record<string, unknown>> {
  try {
    const text = JSON.stringify(told);
    const value: unknown = text.length <= accountLimits.factsChars ? JSON.parse(text) : undefined;
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
