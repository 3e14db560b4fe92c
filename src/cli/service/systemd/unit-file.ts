/** The unit file of the gateway: written from a definition, and read back whoever wrote it (cli.md §15.3). */
import { UserError } from '../../user-error.js';
import type { InstalledService, ServiceDefinition } from '../definition.js';
import { escapeText, quoteArgument, quoteWord, splitWords } from './words.js';

export interface UnitOptions {
  /** Of a system unit: whom it runs as. Undefined for a user's own. */
  readonly user: string | undefined;
}

/** @throws UserError for a program or folder that systemd could not be told */
export function unitText(definition: ServiceDefinition, { user }: UnitOptions): string {
  const { description, programArguments, workingDirectory, environment } = definition;
  const [program = '', ...args] = programArguments;
  return [
    '[Unit]',
    `Description=${oneLine(escapeText(description))}`,
    'After=network-online.target',
    'Wants=network-online.target',
    'StartLimitBurst=5',
    'StartLimitIntervalSec=60',
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=all',
    'WatchdogSec=60',
    ...(user === undefined ? [] : [`User=${user}`]),
    `ExecStart=${[programText(program), ...args.map(quoteArgument)].join(' ')}`,
    'Restart=always',
    'RestartSec=5',
    'RestartPreventExitStatus=78',
    'TimeoutStopSec=30',
    'TimeoutStartSec=30',
    'SuccessExitStatus=0 143',
    'OOMPolicy=continue',
    'KillMode=control-group',
    `WorkingDirectory=${pathText(workingDirectory)}`,
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoteWord(`${name}=${value}`)}`),
    '',
    '[Install]',
    `WantedBy=${user === undefined ? 'default.target' : 'multi-user.target'}`,
    '',
  ].join('\n');
}

/** @param home what `%h` means there */
export function parseUnit(text: string, sourcePath: string, home: string): InstalledService {
  const settings = readSettings(text);
  const expand = (value: string): string =>
    value.replaceAll(/%([%h])/g, (_, specifier: string) => (specifier === '%' ? '%' : home));
  const last = (name: string): string | undefined => settings.get(name)?.at(-1);
  const [program = '', ...args] = splitWords((last('ExecStart') ?? '').replace(/^[-@:+!|]+/, ''));
  const environment = (settings.get('Environment') ?? [])
    .flatMap(splitWords)
    .map(expand)
    .filter((assignment) => assignment.includes('='))
    .map((assignment) => [
      assignment.slice(0, assignment.indexOf('=')),
      assignment.slice(assignment.indexOf('=') + 1),
    ]);
  const workingDirectory = last('WorkingDirectory');
  return {
    programArguments:
      program === ''
        ? []
        : [expand(program), ...args.map((argument) => expand(argument.replaceAll('$$', '$')))],
    workingDirectory: workingDirectory === undefined ? undefined : expand(workingDirectory.replace(/^-/, '')),
    environment: Object.fromEntries(environment) as Record<string, string>,
    sourcePath,
    settings,
  };
}

/** Every setting with its values; an empty one takes back what came before it. */
function readSettings(text: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of joinedLines(text)) {
    const equals = line.indexOf('=');
    if (equals < 0) continue;
    const name = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    settings.set(name, value === '' ? [] : [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

/** Lines without comments; one that ends with a backslash goes on. */
function joinedLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(raw)) continue;
    const line = `${open ?? ''}${open === undefined ? raw.trimStart() : raw}`;
    if (line.endsWith('\\')) open = `${line.slice(0, -1)} `;
    else {
      lines.push(line);
      open = undefined;
    }
  }
  return open === undefined ? lines : [...lines, open];
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').replace(/\\+$/, '');
}

/** systemd starts no program whose name has quotes in it, however they are written. */
function programText(program: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/["'\\\u0000-\u001f\u007f]/.test(program))
    throw new UserError(`systemd cannot start a program of this name: ${JSON.stringify(program)}`);
  return quoteWord(program);
}

/** Paths are not quoted there, so what ends a line or a value cannot be in them. */
function pathText(path: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]|\\$|^\s|\s$/.test(path))
    throw new UserError(`systemd cannot be told this folder: ${JSON.stringify(path)}`);
  return escapeText(path);
}
