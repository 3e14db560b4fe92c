/** What there is to read in an HTML file. */
import { decodePage } from '../tools/web/decode-text.js';
import { pageText } from '../tools/web/page-text.js';
import type { DocumentRequest } from './document.js';

const TITLE_CHARS = 300;

export function htmlText({ bytes, charset, maxChars }: DocumentRequest): string {
  // A copy: no decoder reads shared memory. Links that need the file's own address are none here.
  const { title, text } = pageText(decodePage(Uint8Array.from(bytes), charset), '', 'markdown');
  const cut = text.length > maxChars ? [`[cut after ${maxChars} characters]`] : [];
  return [
    ...(title === undefined ? [] : [`Title: ${title.slice(0, TITLE_CHARS)}`]),
    text.slice(0, maxChars),
    ...cut,
  ].join('\n\n');
}
