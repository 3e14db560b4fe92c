/** What a look at an installation finds, and how it is mended (cli.md §12). */
import type { Site } from './site.js';

export interface Finding {
  /** For programs. */
  readonly code: string;
  /** `error`: the gateway does not start, or not as it should. */
  readonly level: 'error' | 'warn';
  readonly message: string;
  /** What people can do about it, where doctor cannot or may not. */
  readonly advice?: string;
  readonly repair?: Repair;
}

export interface Repair {
  /** As a question: `Remove the unknown keys?` */
  readonly question: string;
  /**
   * `safe`: nothing can go wrong with it, it is done without a question. `recommended`: with `--fix`, or when somebody
   * says yes. `aggressive`: only for a yes, or with `--force`.
   */
  readonly level: 'safe' | 'recommended' | 'aggressive';
  /** Gives what was done. What is replaced is kept beside it. @throws Error */
  run(): string | Promise<string>;
}

export interface Check {
  /** Title of the box that it is shown in. */
  readonly section: string;
  /** After it the site is looked at anew when a repair was made: others build on what it mends. */
  readonly changesSite?: boolean;
  find(site: Site): readonly Finding[] | Promise<readonly Finding[]>;
}
