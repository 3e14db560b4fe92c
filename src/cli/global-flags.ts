/**
 * Flags that every command knows, accepted anywhere on the line (cli.md §1). They are taken out before
 * anything else reads the arguments: `pllan --dev gateway` would otherwise be a flag with a value.
 */
import { UserError } from './user-error.js';

export interface GlobalFlags {
  readonly profile: string | undefined;
  readonly dev: boolean;
  /** `--dev` stood after the word `gateway`: what a dev gateway needs is created when missing (cli.md §2). */
  readonly gatewayDev: boolean;
  readonly color: boolean;
  readonly logLevel: string | undefined;
  readonly version: boolean;
  readonly help: boolean;
}

export interface GlobalSplit {
  readonly flags: GlobalFlags;
  /** Everything else, in order. */
  readonly rest: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const withValue: Readonly<Record<string, 'profile' | 'logLevel'>> = {
  '--profile': 'profile',
  '--log-level': 'logLevel',
};

/** @throws UserError when a value is missing */
export function takeGlobalFlags(argv: readonly string[]): GlobalSplit {
  const flags: Mutable<GlobalFlags> = {
    profile: undefined,
    dev: false,
    gatewayDev: false,
    color: true,
    logLevel: undefined,
    version: false,
    help: false,
  };
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] as string;
    if (argument === '--') {
      rest.push(...argv.slice(index));
      break;
    }
    const [name, inline] = splitOption(argument);
    const valued = Object.hasOwn(withValue, name) ? withValue[name] : undefined;
    if (valued !== undefined) {
      if (inline === undefined) index += 1;
      flags[valued] = requireValue(name, inline ?? argv[index]);
    } else if (!setSwitch(flags, argument, rest[0])) {
      rest.push(argument);
    }
  }
  return { flags, rest };
}

/** `--name=value` in two; no second part without `=`. */
export function splitOption(argument: string): [string, string?] {
  const equals = argument.indexOf('=');
  return equals < 0 ? [argument] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

function setSwitch(flags: Mutable<GlobalFlags>, argument: string, command: string | undefined): boolean {
  switch (argument) {
    case '--dev':
      flags.dev = true;
      flags.gatewayDev ||= command === 'gateway';
      return true;
    case '--no-color':
      flags.color = false;
      return true;
    case '-V':
    case '-v':
    case '--version':
      flags.version = true;
      return true;
    case '-h':
    case '--help':
      flags.help = true;
      return true;
    default:
      return false;
  }
}

function requireValue(name: string, value: string | undefined): string {
  if (value === undefined || value === '' || value.startsWith('-'))
    throw new UserError(`${name} requires a value`);
  return value;
}
