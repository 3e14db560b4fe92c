/** Commands that look at a gateway from outside: its log, its health, its cost (cli.md §4, §8). */
import { clientOptions, jsonOption } from '../client-options.js';
import type { Command } from '../command.js';

const credentialOptions = clientOptions.filter(({ name }) => name !== 'timeout' && name !== 'json');

export const observationCommands: readonly Command[] = [
  {
    name: 'gateway health',
    about: 'Ask the running gateway whether it is well',
    options: clientOptions,
    load: async () => (await import('../commands/gateway-health.js')).gatewayHealth,
  },
  {
    name: 'gateway discover',
    about: 'Look for gateways in the local network',
    options: [
      { name: 'timeout', kind: 'text', about: 'Milliseconds to wait for announcements, 2000 unless given' },
      jsonOption,
    ],
    load: async () => (await import('../commands/gateway-discover.js')).gatewayDiscover,
  },
  {
    name: 'gateway usage-cost',
    about: 'Show tokens and cost by day',
    options: [...clientOptions, { name: 'days', kind: 'text', about: 'So many days, 30 unless given' }],
    load: async () => (await import('../commands/gateway-usage-cost.js')).gatewayUsageCost,
  },
  {
    name: 'logs',
    about: "Show the gateway's log, also when it does not run",
    options: [
      ...credentialOptions,
      { name: 'timeout', kind: 'text', about: 'Milliseconds to wait for an answer, 30000 unless given' },
      { name: 'limit', kind: 'text', about: 'Last lines to begin with, 200 unless given' },
      { name: 'max-bytes', kind: 'text', about: 'Bytes of the log to look for them in, 250000 unless given' },
      { name: 'follow', kind: 'flag', about: 'Go on with lines as they come' },
      { name: 'interval', kind: 'text', about: 'Milliseconds between two looks, 1000 unless given' },
      { name: 'json', kind: 'flag', about: 'Print each line as a JSON record' },
      { name: 'plain', kind: 'flag', about: 'Print messages only, without time and level' },
      { name: 'local-time', kind: 'flag', about: 'Show times in local time, as without --utc' },
      { name: 'utc', kind: 'flag', about: 'Show times in UTC' },
    ],
    load: async () => (await import('../commands/logs.js')).logs,
  },
];
