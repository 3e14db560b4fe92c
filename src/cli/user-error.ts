/** A failure that people are told about in plain words: never a stack, never a secret (cli.md §1). */
export class UserError extends Error {
  /** What helps to find the cause; goes to stderr below the message. */
  readonly details: readonly string[];

  constructor(message: string, details: readonly string[] = []) {
    super(message);
    this.name = 'UserError';
    this.details = details;
  }
}
