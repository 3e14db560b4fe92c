/** The script that the task of Windows runs: written from a definition, and read back (cli.md §15.5). */
import { UserError } from '../../user-error.js';
import type { InstalledService, ServiceDefinition } from '../definition.js';

/** @throws UserError for text that a script cannot say */
export function scriptText({
  description,
  programArguments,
  workingDirectory,
  environment,
}: ServiceDefinition): string {
  return [
    '@echo off',
    `rem ${sayable(description)}`,
    `cd /d "${sayable(workingDirectory)}"`,
    ...Object.entries(environment).map(([name, value]) => `set "${name}=${sayable(value)}"`),
    programArguments.map(quote).join(' '),
    '',
  ].join('\r\n');
}

export function parseScript(text: string, sourcePath: string): InstalledService {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:@echo|rem\b|::)/i.test(line));
  const folder = lines.map((line) => /^cd \/d "?(.*?)"?$/i.exec(line)?.[1]).find((found) => found);
  const variables = lines.flatMap((line) => {
    const [, name, value] = /^set "?([^=]+)=(.*?)"?$/i.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, unescape(value)] as const];
  });
  const program = lines.find((line) => !/^(?:cd|set)\b/i.test(line)) ?? '';
  return {
    programArguments: [...program.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) =>
      unescape(quoted ?? bare ?? ''),
    ),
    workingDirectory: folder === undefined ? undefined : unescape(folder),
    environment: Object.fromEntries(variables),
    sourcePath,
    settings: new Map(),
  };
}

/** A percent sign would name a variable. Inside of quotes nothing else means anything but a quote. */
function sayable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/["\u0000-\u001f]/.test(text))
    throw new UserError(`A Windows script cannot say this: ${JSON.stringify(text)}`);
  return text.replaceAll('%', '%%');
}

function quote(argument: string): string {
  const text = sayable(argument);
  return /^[\w:\\/.=-]+$/.test(text) ? text : `"${text}"`;
}

function unescape(text: string): string {
  return text.replaceAll('%%', '%');
}
