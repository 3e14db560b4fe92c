/** Why a config was not written. Nothing of it has been, then. */
import type { ConfigIssue } from '../read/source.js';

export type ConfigWriteProblem =
  /** The file is not the one that the change was made for. */
  | 'conflict'
  /** The result would not be a config; `issues` say why. */
  | 'invalid'
  /** The result would have lost what no one meant to remove. */
  | 'clobber'
  /** The change belongs in no single file, or what it is based on cannot be read. */
  | 'refused'
  /** Another process writes. */
  | 'locked';

export class ConfigWriteError extends Error {
  readonly problem: ConfigWriteProblem;
  readonly issues: readonly ConfigIssue[];

  constructor(problem: ConfigWriteProblem, message: string, issues: readonly ConfigIssue[] = []) {
    super(message);
    this.name = 'ConfigWriteError';
    this.problem = problem;
    this.issues = issues;
  }
}
