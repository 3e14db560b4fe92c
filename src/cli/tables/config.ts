/** Commands of the config (cli.md §11). */
import { jsonOption } from '../client-options.js';
import type { ArgumentSpec, Command, OptionSpec } from '../command.js';
import { setOptions } from '../config/set-options.js';

const loadConfigCommands = () => import('../commands/config.js');
const atPath: ArgumentSpec = { name: 'path', required: true };
export const dryRunOption: OptionSpec = {
  name: 'dry-run',
  kind: 'flag',
  about: 'Check it, and write nothing',
};

export const configCommands: readonly Command[] = [
  {
    name: 'config get',
    about: 'Show what the config file says at a path, without secrets',
    args: [atPath],
    options: [jsonOption],
    load: async () => (await loadConfigCommands()).configGet,
  },
  {
    name: 'config set',
    about:
      'Set a path of the config file: JSON5, or text where that is none; a ref, or a provider of secrets',
    args: [
      { name: 'path', required: false },
      { name: 'value', required: false },
    ],
    options: [
      ...setOptions,
      { name: 'strict-json', kind: 'flag', about: 'The value must be JSON' },
      { name: 'merge', kind: 'flag', about: 'Merge an object into what is there' },
      { name: 'replace', kind: 'flag', about: 'Put it in place of what is there, as without --merge' },
      dryRunOption,
      {
        name: 'allow-exec',
        kind: 'flag',
        about: 'With --dry-run: run the commands of refs to see if they answer',
      },
      { ...jsonOption, about: 'Print one JSON document; the value must be JSON' },
    ],
    load: async () => (await loadConfigCommands()).configSet,
  },
  {
    name: 'config unset',
    about: 'Remove a path from the config file',
    args: [atPath],
    options: [dryRunOption, jsonOption],
    load: async () => (await loadConfigCommands()).configUnset,
  },
  {
    name: 'config patch',
    about: 'Merge an object into the config file; null removes',
    options: [
      { name: 'file', kind: 'text', about: 'File with the object, JSON5' },
      { name: 'stdin', kind: 'flag', about: 'Read it from standard input' },
      { name: 'replace-path', kind: 'list', about: 'A list that may get shorter; may be repeated' },
      dryRunOption,
      jsonOption,
    ],
    load: async () => (await loadConfigCommands()).configPatch,
  },
  {
    name: 'config validate',
    about: 'Say what is wrong with the config file',
    options: [jsonOption],
    load: async () => (await loadConfigCommands()).configValidate,
  },
  {
    name: 'config file',
    about: 'Print the path of the config file',
    options: [jsonOption],
    load: async () => (await loadConfigCommands()).configFile,
  },
  {
    name: 'config schema',
    about: 'Print the JSON Schema of the config file',
    options: [jsonOption],
    load: async () => (await loadConfigCommands()).configSchema,
  },
];
