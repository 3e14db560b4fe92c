/** What a command is: a line in the table, its options as data, and code that is loaded when it runs. */
import type { RunGateway } from '../shared/gateway-options.js';
import type { Environment, Paths } from '../shared/paths.js';
import type { GlobalFlags } from './global-flags.js';
import type { Output } from './output/output.js';

export interface OptionSpec {
  /** Without dashes; a name that begins with `no-` turns something off. */
  readonly name: string;
  /** `text` takes a value, which stays the string it was; `flag` takes none. */
  readonly kind: 'text' | 'flag';
  readonly about: string;
}

export interface Command {
  /** The words that call it: `gateway status`. */
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionSpec[];
  load(): Promise<CommandHandler>;
}

/** Gives the exit code. @throws UserError for what people can mend */
export type CommandHandler = (options: ParsedOptions, context: CommandContext) => Promise<number>;

export interface ParsedOptions {
  /** The value of a `text` option; undefined when it was not given. */
  text(name: string): string | undefined;
  /** True when the `flag` was given. */
  flag(name: string): boolean;
}

export interface CommandContext {
  /** With the profile applied. */
  readonly env: Environment;
  readonly paths: Paths;
  readonly globals: GlobalFlags;
  readonly output: Output;
  readonly runGateway: RunGateway;
}
