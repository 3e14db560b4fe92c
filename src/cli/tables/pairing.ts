/** Commands about people who write over chat networks for the first time. */
import { rpcOptions } from '../client-options.js';
import type { Command } from '../command.js';

const loadPairing = () => import('../commands/pairing.js');
const byCode = [
  { name: 'channel', required: true },
  { name: 'code', required: true },
];

export const pairingCommands: readonly Command[] = [
  {
    name: 'pairing list',
    about: 'Show people who want to write over chat networks',
    args: [{ name: 'channel', required: false }],
    options: rpcOptions,
    load: async () => (await loadPairing()).pairingList,
  },
  {
    name: 'pairing approve',
    about: 'Let whoever was given this code write',
    args: byCode,
    options: rpcOptions,
    load: async () => (await loadPairing()).pairingApprove,
  },
  {
    name: 'pairing reject',
    about: 'Turn whoever was given this code away',
    args: byCode,
    options: rpcOptions,
    load: async () => (await loadPairing()).pairingReject,
  },
];
