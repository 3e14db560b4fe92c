/**
 * From words to a command with its options. The words are checked here, against the command table, so that
 * sade only ever sees what it cannot misread: it would take `gateway --force status` for a flag with a value.
 */
import sade from 'sade';
import { VERSION } from '../shared/version.js';
import type { Command, OptionSpec, ParsedOptions } from './command.js';
import { splitOption } from './global-flags.js';
import { nearest } from './nearest.js';
import { UserError } from './user-error.js';

export interface Invocation {
  readonly command: Command;
  readonly options: ParsedOptions;
}

const globalOptions: readonly OptionSpec[] = [
  { name: 'profile', kind: 'text', about: 'Use the state and config of a named profile' },
  { name: 'dev', kind: 'flag', about: 'Use the dev profile (~/.pllan-dev, port 19001)' },
  { name: 'no-color', kind: 'flag', about: 'Print without colors' },
  { name: 'log-level', kind: 'text', about: 'silent, fatal, error, warn, info, debug or trace' },
];

/** @throws UserError for an unknown command or option, a missing value, a word too many */
export function parseCommandLine(words: readonly string[], commands: readonly Command[]): Invocation {
  const { command, rest } = findCommand(words, commands);
  const given = normalizeOptions(rest, command);
  const texts = command.options.filter(({ kind }) => kind === 'text').map(({ name }) => name);
  const { args } = createProgram(commands).parse(['node', 'pllan', ...command.name.split(' '), ...given], {
    lazy: true,
    string: texts,
  });
  return { command, options: readOptions(args.at(-1) as unknown as Readonly<Record<string, unknown>>) };
}

/** Prints the help of a command, or of the program when `words` name none. */
export function printHelp(words: readonly string[], commands: readonly Command[]): void {
  const program = createProgram(commands);
  if (words.length === 0) program.help();
  else program.help(findCommand(words, commands).command.name);
}

function createProgram(commands: readonly Command[]): sade.Sade {
  const program = sade('pllan').version(VERSION);
  const addOption = ({ name, about }: OptionSpec): unknown => program.option(`--${name}`, about);
  globalOptions.forEach(addOption);
  for (const command of commands) {
    program.command(command.name, command.about);
    command.options.forEach(addOption);
  }
  return program;
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; rest: readonly string[] } {
  const firstOption = words.findIndex((word) => word.startsWith('-'));
  const leading = firstOption < 0 ? words : words.slice(0, firstOption);
  if (leading.length === 0) throw unknownOption(words[0] ?? '', globalOptions);
  for (let count = leading.length; count > 0; count -= 1) {
    const command = commands.find(({ name }) => name === leading.slice(0, count).join(' '));
    if (!command) continue;
    const isGroup = commands.some(({ name }) => name.startsWith(`${command.name} `));
    if (count < leading.length && isGroup)
      throw unknownCommand(leading.slice(0, count + 1).join(' '), commands);
    return { command, rest: words.slice(count) };
  }
  throw unknownCommand(leading[0] ?? '', commands);
}

/** Every option as one word, `--name` or `--name=value`; of a repeated one the last counts. */
function normalizeOptions(words: readonly string[], command: Command): readonly string[] {
  const given = new Map<string, string>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    const [flag, inline] = splitOption(word);
    if (!flag.startsWith('-'))
      throw new UserError(`error: unexpected argument '${word}' for 'pllan ${command.name}'`);
    const spec = command.options.find(({ name }) => `--${name}` === flag);
    if (!spec) throw unknownOption(flag, [...command.options, ...globalOptions]);
    if (spec.kind === 'flag') {
      if (inline !== undefined) throw new UserError(`error: option '${flag}' takes no value`);
      given.set(flag, flag);
    } else {
      if (inline === undefined) index += 1;
      given.set(flag, `${flag}=${inline ?? requireValue(flag, words[index])}`);
    }
  }
  return [...given.values()];
}

function requireValue(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UserError(`error: option '${flag}' needs a value`);
  if (value.startsWith('-')) {
    throw new UserError(
      `error: option '${flag}' needs a value (write ${flag}=<value> when it begins with "-")`,
    );
  }
  return value;
}

function readOptions(values: Readonly<Record<string, unknown>>): ParsedOptions {
  return {
    text(name) {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => (name.startsWith('no-') ? values[name.slice(3)] === false : values[name] === true),
  };
}

function unknownCommand(typed: string, commands: readonly Command[]): UserError {
  const near = nearest(typed, [
    ...new Set(commands.flatMap(({ name }) => [name, name.split(' ')[0] as string])),
  ]);
  return new UserError(
    `error: unknown command '${typed}'`,
    near === undefined ? [] : [`(Did you mean ${near}?)`],
  );
}

function unknownOption(flag: string, known: readonly OptionSpec[]): UserError {
  const [name] = splitOption(flag);
  const near = nearest(
    name,
    known.map((option) => `--${option.name}`),
  );
  return new UserError(
    `error: unknown option '${name}'`,
    near === undefined ? [] : [`(Did you mean ${near}?)`],
  );
}
