/** The text of a PDF's first pages. It may come from anybody: call this only in a thread that can be ended. */
import { toError } from '../../../shared/to-error.js';
import type { DocumentRequest } from './document.js';

/** @throws Error that says, for people, why it cannot be read */
export async function pdfText(request: DocumentRequest): Promise<string> {
  const { getDocument, VerbosityLevel } = await import('unpdf/pdfjs');
  const loading = getDocument({
    // A copy: it is taken over.
    data: Uint8Array.from(request.bytes),
    verbosity: VerbosityLevel.ERRORS,
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
  });
  try {
    return await textOf(await loading.promise, request);
  } catch (caught) {
    throw new Error(reasons[toError(caught).name] ?? 'its content cannot be read', { cause: caught });
  } finally {
    await loading.destroy();
  }
}

const reasons: Readonly<Record<string, string>> = {
  InvalidPDFException: 'it is no whole PDF',
  PasswordException: 'it is encrypted',
};

interface TextItem {
  readonly str: string;
  readonly hasEOL: boolean;
}

interface Page {
  streamTextContent(): ReadableStream<{ readonly items: readonly (TextItem | object)[] }>;
  cleanup(): unknown;
}

interface Document {
  readonly numPages: number;
  getPage(number: number): Promise<Page>;
}

async function textOf(pdf: Document, { maxPages, maxChars, minTextChars }: DocumentRequest): Promise<string> {
  const { numPages } = pdf;
  const last = Math.min(maxPages, numPages);
  const pages: string[] = [];
  let chars = 0;
  for (let number = 1; number <= last && chars <= maxChars; number += 1) {
    const page = await pdf.getPage(number);
    const text = await pageText(page, maxChars - chars);
    page.cleanup();
    chars += text.length;
    pages.push(text);
  }
  const whole = pages.join('\n\n').trim();
  const notes = [
    ...(whole.length > maxChars ? [`[cut after ${maxChars} characters]`] : []),
    ...(numPages > last ? [`[the first ${last} of ${numPages} pages]`] : []),
    ...(whole.length < minTextChars ? ['[there is little text in this PDF: its pages may be pictures]'] : []),
  ];
  return [whole.slice(0, maxChars), ...notes].filter((part) => part !== '').join('\n\n');
}

/** What there is beyond `most` is not read. */
async function pageText(page: Page, most: number): Promise<string> {
  let text = '';
  const reader = page.streamTextContent().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    for (const item of value.items) if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
    // Not cancelled, which pdf.js does not take well: it ends with the document.
    if (text.length > most) return text;
  }
}
