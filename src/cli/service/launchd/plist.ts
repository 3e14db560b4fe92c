/** The agent of launchd: written from a definition, and read back whoever wrote it (cli.md §15.4). */
import type { InstalledService, ServiceDefinition } from '../definition.js';
import { isDict, readPlist, writePlist, type PlistValue } from './xml-plist.js';

export interface PlistOptions {
  readonly label: string;
  readonly logFile: string;
}

export function plistText(definition: ServiceDefinition, { label, logFile }: PlistOptions): string {
  const { description, programArguments, workingDirectory, environment } = definition;
  return writePlist({
    Label: label,
    Comment: description,
    RunAtLoad: true,
    KeepAlive: true,
    ThrottleInterval: 10,
    ExitTimeOut: 30,
    ProcessType: 'Interactive',
    Umask: 0o077,
    ProgramArguments: programArguments,
    WorkingDirectory: workingDirectory,
    StandardInPath: '/dev/null',
    StandardOutPath: logFile,
    StandardErrorPath: logFile,
    EnvironmentVariables: environment,
  });
}

/** What does not fit counts as missing. */
export function parsePlist(text: string, sourcePath: string): InstalledService {
  const root = readPlist(text);
  const dict = isDict(root) ? root : {};
  const { ProgramArguments: args, EnvironmentVariables: variables, WorkingDirectory: folder } = dict;
  const plain = Object.entries(dict).filter(([, value]) => typeof value !== 'object');
  return {
    programArguments: textsIn(Array.isArray(args) ? args : []),
    workingDirectory: typeof folder === 'string' ? folder : undefined,
    environment: Object.fromEntries(
      Object.entries(isDict(variables) ? variables : {}).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    ),
    sourcePath,
    settings: new Map(plain.map(([name, value]) => [name, [JSON.stringify(value)]])),
  };
}

function textsIn(values: readonly PlistValue[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}
