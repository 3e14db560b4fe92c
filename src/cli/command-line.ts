/**
 * From words to a command with its options. The words are checked here, against the command table, so that
 * sade only ever sees what it cannot misread: it would take `gateway --force status` for a flag with a value.
 */
import sade from 'sade';
import type { Command, OptionSpec, ParsedOptions } from './command.js';
import { splitOption } from './global-flags.js';
import { commandHelp, globalOptions, groupHelp, usage } from './help.js';
import { nearest } from '../shared/nearest.js';
import { UserError } from './user-error.js';

export interface Invocation {
  readonly command: Command;
  readonly options: ParsedOptions;
}

/** @throws UserError for an unknown command or option, a missing value, a word too few or too many */
export function parseCommandLine(words: readonly string[], commands: readonly Command[]): Invocation {
  const { command, rest } = findCommand(words, commands);
  const { args, given } = splitWords(rest, command);
  const named = namedArguments(args, command);
  const texts = command.options.filter(({ kind }) => kind !== 'flag').map(({ name }) => name);
  const parsed = parserOf(command).parse(['node', 'pllan', ...command.name.split(' '), ...args, ...given], {
    lazy: true,
    string: texts,
  });
  const values = parsed.args.at(-1) as unknown as Readonly<Record<string, unknown>>;
  return { command, options: readOptions(values, named) };
}

/**
 * The help of a command, of a group of them, or of the program when `words` name none.
 *
 * @throws UserError when they name nothing
 */
export function helpFor(words: readonly string[], commands: readonly Command[]): readonly string[] {
  if (words.length === 0) return groupHelp('', commands);
  const group = groupOf(words, commands);
  const isCommand = commands.some(({ name }) => name === words.join(' '));
  if (!isCommand && group.length > 0) return groupHelp(words.join(' '), group);
  const { command } = findCommand(words, commands);
  return commandHelp(command, groupOf([command.name], commands));
}

function parserOf({ name, args = [], options }: Command): sade.Sade {
  const program = sade('pllan').command([name, ...args.map(usage)].join(' '));
  for (const option of options) program.option(`--${option.name}`);
  return program;
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; rest: readonly string[] } {
  const firstOption = words.findIndex((word) => word.startsWith('-'));
  const leading = firstOption < 0 ? words : words.slice(0, firstOption);
  if (leading.length === 0) throw unknownOption(words[0] ?? '', []);
  for (let count = leading.length; count > 0; count -= 1) {
    const command = commands.find(({ name }) => name === leading.slice(0, count).join(' '));
    if (!command) continue;
    const isGroup = commands.some(({ name }) => name.startsWith(`${command.name} `));
    if (count < leading.length && isGroup)
      throw unknownCommand(leading.slice(0, count + 1).join(' '), commands);
    return { command, rest: words.slice(count) };
  }
  // A group may have groups: `system heartbeat`.
  const known = leading.findIndex((_, place) => groupOf(leading.slice(0, place + 1), commands).length === 0);
  if (known >= 0) throw unknownCommand(leading.slice(0, known + 1).join(' '), commands);
  const group = leading.join(' ');
  const names = groupOf(leading, commands).map(({ name }) => name.slice(group.length + 1));
  throw new UserError(`error: 'pllan ${group}' needs a command`, [`Commands: ${names.join(', ')}`]);
}

function groupOf(words: readonly string[], commands: readonly Command[]): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${words.join(' ')} `));
}

/** Words that are none of an option's, and every option as one word: `--name` or `--name=value`. */
interface SplitWords {
  readonly args: readonly string[];
  readonly given: readonly string[];
}

/** Of a repeated option the last one counts, unless it is a list. */
function splitWords(words: readonly string[], command: Command): SplitWords {
  const args: string[] = [];
  const given = new Map<string, string[]>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    const [written, inline] = splitOption(word);
    if (!written.startsWith('-')) {
      if (args.push(word) > (command.args ?? []).length)
        throw new UserError(
          `error: unexpected argument '${word}' for 'pllan ${command.name}'`,
          whatItTakes(command.name),
        );
      continue;
    }
    const spec = command.options.find(
      ({ name, short }) => written === `--${name}` || written === `-${short}`,
    );
    if (!spec) throw unknownOption(written, command.options, command.name);
    const flag = `--${spec.name}`;
    if (spec.kind === 'flag') {
      if (inline !== undefined) throw new UserError(`error: option '${flag}' takes no value`);
      given.set(flag, [flag]);
    } else {
      if (inline === undefined) index += 1;
      const option = `${flag}=${inline ?? requireValue(flag, words[index])}`;
      given.set(flag, spec.kind === 'list' ? [...(given.get(flag) ?? []), option] : [option]);
    }
  }
  return { args, given: [...given.values()].flat() };
}

function namedArguments(args: readonly string[], command: Command): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  (command.args ?? []).forEach((spec, place) => {
    const value = args[place];
    if (value) named.set(spec.name, value);
    else if (spec.required) throw new UserError(`error: 'pllan ${command.name}' needs ${usage(spec)}`);
  });
  return named;
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

function readOptions(
  values: Readonly<Record<string, unknown>>,
  args: ReadonlyMap<string, string>,
): ParsedOptions {
  return {
    text(name) {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    list: (name) =>
      [values[name] ?? []]
        .flat()
        .flatMap((value) => (typeof value === 'string' ? value.split(',') : []))
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    flag: (name) => (name.startsWith('no-') ? values[name.slice(3)] === false : values[name] === true),
    arg: (name) => args.get(name),
    requiredArg: (name) => args.get(name) as string,
  };
}

function unknownCommand(typed: string, commands: readonly Command[]): UserError {
  // Groups as well: all that a name begins with.
  const known = commands.flatMap(({ name }) =>
    name.split(' ').map((_, last, words) => words.slice(0, last + 1).join(' ')),
  );
  const near = nearest(typed, [...new Set(known)]);
  // What is before it has been found to be a group.
  const help = ['pllan', ...typed.split(' ').slice(0, -1), '--help'].join(' ');
  return new UserError(`error: unknown command '${typed}'`, [
    near === undefined ? `Commands: ${help}` : `(Did you mean ${near}?)`,
  ]);
}

function whatItTakes(command: string | undefined): readonly string[] {
  return command === undefined ? [] : [`What it takes: pllan ${command} --help`];
}

function unknownOption(flag: string, known: readonly OptionSpec[], command?: string): UserError {
  const [name] = splitOption(flag);
  const near = nearest(
    name,
    [...known, ...globalOptions].map((option) => `--${option.name}`),
  );
  return new UserError(
    `error: unknown option '${name}'`,
    near === undefined ? whatItTakes(command) : [`(Did you mean ${near}?)`],
  );
}
