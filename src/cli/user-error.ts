/** A failure that people are told about in plain words: never a stack, never a secret (cli.md §1). */
export class UserError extends Error {
  /** What helps to find the cause; goes to stderr below the message. */
  readonly details: readonly string[];
  /** What programs get beside the message: the error of a gateway's answer. */
  readonly facts: ErrorFacts;
  readonly exitCode: number;

  constructor(message: string, details: readonly string[] = [], facts: ErrorFacts = {}, exitCode = 1) {
    super(message);
    this.name = 'UserError';
    this.details = details;
    this.facts = facts;
    this.exitCode = exitCode;
  }
}

/** `code` and `details` as in protocol.md §17. */
export interface ErrorFacts {
  readonly code?: string;
  readonly details?: unknown;
}
