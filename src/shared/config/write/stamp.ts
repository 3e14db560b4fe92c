/** Who wrote a config last, and when: `meta` in the file (config.md §6). */
import { isRecord } from '../../is-record.js';
import { VERSION } from '../../version.js';
import { editText } from './edit-text.js';

/** @param after what the text says */
export function stamp(text: string, after: unknown): string {
  const meta = { lastTouchedVersion: VERSION, lastTouchedAt: new Date().toISOString() };
  const own = isRecord(after) && isRecord(after.meta) ? after.meta : {};
  return editText(text, [{ path: ['meta'], value: { ...own, ...meta } }]);
}
