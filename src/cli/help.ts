/** What `--help` says: of the program, of a group of commands, of one command (cli.md §1). */
import type { ArgumentSpec, Command, OptionSpec } from './command.js';

export const globalOptions: readonly OptionSpec[] = [
  { name: 'profile', kind: 'text', about: 'Use the state and config of a named profile' },
  { name: 'dev', kind: 'flag', about: 'Use the dev profile (~/.pllan-dev, port 19001)' },
  { name: 'no-color', kind: 'flag', about: 'Print without colors' },
  { name: 'log-level', kind: 'text', about: 'silent, fatal, error, warn, info, debug or trace' },
];

type Row = readonly [left: string, right: string];

const version: Row = ['-V, --version', 'Print the version'];
const help: Row = ['-h, --help', 'Print this'];

/** @param group its words; empty for the program itself */
export function groupHelp(group: string, commands: readonly Command[]): string[] {
  const name = group === '' ? 'pllan' : `pllan ${group}`;
  return [
    'Usage',
    `  ${name} <command> [options]`,
    ...section('Commands', aligned(together(commands).map(commandRow))),
    ...section('Options', aligned([...globalOptions.map(optionRow), version, help])),
    '',
    `${name} <command> --help tells what a command takes.`,
  ];
}

/** @param inside commands whose names begin with its own */
export function commandHelp(
  { name, about, args = [], options }: Command,
  inside: readonly Command[],
): string[] {
  const rows = [...options, ...globalOptions].map(optionRow);
  return [
    about,
    ...section('Usage', [['pllan', name, ...args.map(usage), '[options]'].join(' ')]),
    ...section('Commands', aligned(inside.map(commandRow))),
    ...section('Options', aligned([...rows, help])),
  ];
}

export function usage({ name, required }: ArgumentSpec): string {
  return required ? `<${name}>` : `[${name}]`;
}

/** Commands of one group beside each other, wherever they are in the table. */
function together(commands: readonly Command[]): readonly Command[] {
  const groups = [...new Set(commands.map(firstWord))];
  return groups.flatMap((group) => commands.filter((command) => firstWord(command) === group));
}

function firstWord({ name }: Command): string {
  return name.split(' ')[0] as string;
}

function commandRow({ name, args = [], about }: Command): Row {
  return [[name, ...args.map(usage)].join(' '), about];
}

function optionRow({ name, short, kind, about }: OptionSpec): Row {
  const value = { text: ' <value>', list: ' <value>…', flag: '' }[kind];
  return [`${short === undefined ? '' : `-${short}, `}--${name}${value}`, about];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function aligned(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}
