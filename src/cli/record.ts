/** Values that came from outside, taken for what they are: what does not fit counts as missing. */
import { isRecord } from '../shared/is-record.js';

export { isRecord };

export type Facts = Readonly<Record<string, unknown>>;

export function recordOf(value: unknown): Facts {
  return isRecord(value) ? value : {};
}

export function recordsOf(value: unknown): Facts[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Undefined also for empty text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
