/** What a command is: a line in the table, its options as data, and code that is loaded when it runs. */
import type { RunGateway } from '../shared/gateway-options.js';
import type { Environment, Paths } from '../shared/paths.js';
import type { WithStoredDevices } from '../shared/stored-devices.js';
import type { StoredSessions } from '../shared/stored-sessions.js';
import type { GlobalFlags } from './global-flags.js';
import type { Output } from './output/output.js';
import type { Terminal } from './prompts.js';

export interface OptionSpec {
  /** Without dashes; a name that begins with `no-` turns something off. */
  readonly name: string;
  /** One letter for it: `m` lets it be written `-m`. */
  readonly short?: string;
  /** `text` takes a value, which stays the string it was; `list` may be given more than once; `flag` takes none. */
  readonly kind: 'text' | 'list' | 'flag';
  readonly about: string;
}

/** A word that follows the command's own. */
export interface ArgumentSpec {
  readonly name: string;
  readonly required: boolean;
}

export interface Command {
  /** The words that call it: `gateway status`. */
  readonly name: string;
  readonly about: string;
  /** In order, required ones first. */
  readonly args?: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  load(): Promise<CommandHandler>;
}

/** Gives the exit code. @throws UserError for what people can mend */
export type CommandHandler = (options: ParsedOptions, context: CommandContext) => Promise<number>;

export interface ParsedOptions {
  /** The value of a `text` option; undefined when it was not given. */
  text(name: string): string | undefined;
  /** The values of a `list` option, in order; commas separate as well. */
  list(name: string): readonly string[];
  /** True when the `flag` was given. */
  flag(name: string): boolean;
  /** A word after the command; undefined when it was not given. */
  arg(name: string): string | undefined;
  /** One that the command requires: it is there. */
  requiredArg(name: string): string;
}

export interface CommandContext {
  /** With the profile applied, and with what `.env` files add. */
  readonly env: Environment;
  /** What of these files was ignored, and why. */
  readonly envWarnings: readonly string[];
  /** With the profile alone. */
  readonly ownEnv: Environment;
  /** The current one. */
  readonly folder: string;
  readonly paths: Paths;
  readonly globals: GlobalFlags;
  readonly output: Output;
  readonly runGateway: RunGateway;
  readonly withStoredDevices: WithStoredDevices;
  readonly storedSessions: StoredSessions;
  readonly onInterrupt: OnInterrupt;
  readonly outputGone: AbortSignal;
  readonly terminal: OpenTerminal;
}

/** Whoever can be asked; undefined where nobody sits at a terminal. */
export type OpenTerminal = () => Terminal | undefined;

/** Has the listener told of every Ctrl-C, which then does nothing else; gives the way to end that. */
export type OnInterrupt = (listener: () => void) => () => void;
