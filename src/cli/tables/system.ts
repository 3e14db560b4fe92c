/** The lines of the command table about what the gateway is told, its heartbeats and who is there (cli.md §14). */
import { rpcOptions } from '../client-options.js';
import type { Command } from '../command.js';

const load = () => import('../commands/system.js');

export const systemCommands: readonly Command[] = [
  {
    name: 'system event',
    about: 'Tell an agent something',
    options: [
      { name: 'text', kind: 'text', about: 'What' },
      { name: 'mode', kind: 'text', about: 'now: it looks at it at once; or next-heartbeat' },
      {
        name: 'session-key',
        kind: 'text',
        about: "The session that is told; the agent's main one unless given",
      },
      { name: 'agent', kind: 'text', about: 'Which agent; the default one unless given' },
      ...rpcOptions,
    ],
    load: async () => (await load()).systemEvent,
  },
  {
    name: 'system heartbeat last',
    about: 'Show the last heartbeat',
    options: rpcOptions,
    load: async () => (await load()).heartbeatLast,
  },
  {
    name: 'system heartbeat enable',
    about: 'Let heartbeats happen again',
    options: rpcOptions,
    load: async () => (await load()).heartbeatEnable,
  },
  {
    name: 'system heartbeat disable',
    about: 'Keep heartbeats from happening until the gateway starts anew',
    options: rpcOptions,
    load: async () => (await load()).heartbeatDisable,
  },
  {
    name: 'system presence',
    about: 'Show who is connected, and who has given a sign of life',
    options: rpcOptions,
    load: async () => (await load()).systemPresence,
  },
];
