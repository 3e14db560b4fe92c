/** The line of the command table for `pllan doctor`. */
import type { Command, OptionSpec } from '../command.js';

const options: readonly OptionSpec[] = [
  { name: 'fix', kind: 'flag', about: 'Repair what can be repaired; what is replaced is kept' },
  { name: 'repair', kind: 'flag', about: 'The same as --fix' },
  { name: 'yes', kind: 'flag', about: 'Say yes to every question' },
  { name: 'non-interactive', kind: 'flag', about: 'Ask nothing, and repair only what is safe' },
  { name: 'force', kind: 'flag', about: 'Also replace what people may have changed on purpose' },
  { name: 'deep', kind: 'flag', about: 'Read every session, and look for services of the whole machine' },
  { name: 'lint', kind: 'flag', about: 'Only report; exit 1 when there are errors' },
  { name: 'generate-gateway-token', kind: 'flag', about: 'Write a token to the config where there is none' },
  { name: 'no-workspace-suggestions', kind: 'flag', about: 'Say nothing about the workspace' },
  { name: 'timeout', kind: 'text', about: 'Milliseconds to wait for the gateway, 10000 unless given' },
  { name: 'json', kind: 'flag', about: 'Print one JSON document, and change nothing without --fix' },
];

export const doctorCommands: readonly Command[] = [
  {
    name: 'doctor',
    about: 'Look for what is wrong with this installation, and repair it',
    options,
    load: async () => (await import('../commands/doctor.js')).doctor,
  },
];
