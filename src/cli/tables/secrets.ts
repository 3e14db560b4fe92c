/** Commands of secrets (secrets.md §10). */
import { clientOptions, jsonOption } from '../client-options.js';
import type { Command, OptionSpec } from '../command.js';
import { dryRunOption } from './config.js';

const allowExecOption: OptionSpec = {
  name: 'allow-exec',
  kind: 'flag',
  about: 'Run the commands of providers to check their references',
};

export const secretCommands: readonly Command[] = [
  {
    name: 'secrets reload',
    about: 'Have the running gateway resolve its secrets anew',
    options: clientOptions.map((option) =>
      option.name === 'timeout'
        ? { ...option, about: 'Milliseconds to wait for the answer, 30000 unless given' }
        : option,
    ),
    load: async () => (await import('../commands/secrets-reload.js')).secretsReload,
  },
  {
    name: 'secrets audit',
    about: 'Look for credentials in plain text and for references that lead nowhere',
    options: [
      { name: 'check', kind: 'flag', about: 'Exit 1 when there are findings' },
      allowExecOption,
      jsonOption,
    ],
    load: async () => (await import('../commands/secrets-audit.js')).secretsAudit,
  },
  {
    name: 'secrets apply',
    about: 'Put references in the place of credentials, as a plan says',
    options: [
      { name: 'from', kind: 'text', about: 'File of the plan; required' },
      dryRunOption,
      allowExecOption,
      jsonOption,
    ],
    load: async () => (await import('../commands/secrets-apply.js')).secretsApply,
  },
  {
    name: 'secrets configure',
    about: 'Ask which credentials are kept where, and make a plan of it',
    options: [
      { name: 'apply', kind: 'flag', about: 'Apply the plan' },
      { name: 'yes', kind: 'flag', about: 'Do not ask again before it is applied' },
      { name: 'providers-only', kind: 'flag', about: 'Ask for providers and not for credentials' },
      { name: 'skip-provider-setup', kind: 'flag', about: 'Ask for credentials and not for providers' },
      { name: 'agent', kind: 'text', about: 'Agent whose auth profiles are meant' },
      { name: 'plan-out', kind: 'text', about: 'Write the plan to this file' },
      allowExecOption,
      jsonOption,
    ],
    load: async () => (await import('../commands/secrets-configure.js')).secretsConfigure,
  },
];
