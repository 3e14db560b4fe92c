/** Files that only a parser can read: what is wanted of them. They are read where a parser that goes wrong can be ended. */

export interface DocumentRequest {
  readonly type: 'application/pdf' | 'text/html';
  /** Shared: on their way from thread to thread they are not copied. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** As the sender says. */
  readonly charset: string | undefined;
  readonly maxChars: number;
  /** Of a PDF. */
  readonly maxPages: number;
  /** When a PDF has less text, that is said. */
  readonly minTextChars: number;
}

/** @throws Error that says, for people, why it cannot be read */
export async function documentText(request: DocumentRequest): Promise<string> {
  if (request.type === 'text/html') return (await import('./html-text.js')).htmlText(request);
  return (await import('./pdf-text.js')).pdfText(request);
}
