/** Files that only a parser can read: what is wanted of them. They are read where a parser that goes wrong can be ended. */

export interface DocumentRequest {
  readonly type: 'application/pdf';
  /** Shared: on their way from thread to thread they are not copied. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly maxChars: number;
  readonly maxPages: number;
  /** With less text, that is said. */
  readonly minTextChars: number;
}
