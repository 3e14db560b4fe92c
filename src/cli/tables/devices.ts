/** Commands of paired devices (cli.md §14). */
import { rpcOptions } from '../client-options.js';
import type { Command, OptionSpec } from '../command.js';

const loadDevices = () => import('../commands/devices.js');
const byRequest = [{ name: 'requestId', required: true }];
const byDevice = [{ name: 'deviceId', required: true }];
const roleOption: OptionSpec = { name: 'role', kind: 'text', about: 'Whose token: operator or node' };

export const deviceCommands: readonly Command[] = [
  {
    name: 'devices list',
    about: 'Show devices that may connect, and those that wait for approval',
    options: rpcOptions,
    load: async () => (await loadDevices()).devicesList,
  },
  {
    name: 'devices approve',
    about: 'Let a waiting device in',
    args: [{ name: 'requestId', required: false }],
    options: [...rpcOptions, { name: 'latest', kind: 'flag', about: 'The request that came last' }],
    load: async () => (await loadDevices()).devicesApprove,
  },
  {
    name: 'devices reject',
    about: 'Turn a waiting device away',
    args: byRequest,
    options: rpcOptions,
    load: async () => (await loadDevices()).devicesReject,
  },
  {
    name: 'devices remove',
    about: 'Forget a device and close its connections',
    args: byDevice,
    options: rpcOptions,
    load: async () => (await loadDevices()).devicesRemove,
  },
  {
    name: 'devices rename',
    about: 'Call a device by a name of your own',
    args: [...byDevice, { name: 'label', required: true }],
    options: rpcOptions,
    load: async () => (await loadDevices()).devicesRename,
  },
  {
    name: 'devices rotate',
    about: "Replace a device's token and close its connections",
    args: byDevice,
    options: [
      roleOption,
      { name: 'scope', kind: 'list', about: 'Allow only this; may be repeated' },
      ...rpcOptions,
    ],
    load: async () => (await loadDevices()).devicesRotate,
  },
  {
    name: 'devices revoke',
    about: "Take a device's token away and close its connections",
    args: byDevice,
    options: [roleOption, ...rpcOptions],
    load: async () => (await loadDevices()).devicesRevoke,
  },
  {
    name: 'devices clear',
    about: 'Forget every paired device',
    options: [
      { name: 'yes', kind: 'flag', about: 'Do it' },
      { name: 'pending', kind: 'flag', about: 'Turn the waiting ones away as well' },
      ...rpcOptions,
    ],
    load: async () => (await loadDevices()).devicesClear,
  },
];
