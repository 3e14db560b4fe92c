/**
 * What people type, as it is kept (methods.md §3, `chat.send`). A schema does it, so that with a large frame it is done
 * in the thread that reads that.
 */
import * as v from 'valibot';
import { requestLimits } from '../../../shared/limits.js';
import { message } from './param-types.js';

/** What may be said to an agent, in its canonical form. */
export const said = v.pipe(message, v.transform(canonicalText));

/** Characters that only break terminals go. Text with a null byte stays as it is: its method refuses it. */
function canonicalText(text: string): string {
  if (text.includes('\0')) return text;
  const printable = text.replaceAll(/(?![\t\n\r])\p{Cc}/gu, '');
  // Composed at the end: a character that goes may have stood between two that belong together.
  return manyMarks.test(printable) ? printable : printable.normalize('NFC');
}

/** No writing needs so many on one letter, and putting n of them in order takes n² steps. */
const manyMarks = new RegExp(`(?<!\\p{M})\\p{M}{${requestLimits.marks + 1}}`, 'u');
