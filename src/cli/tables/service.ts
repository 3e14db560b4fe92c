/** Commands of the service (cli.md §3, §5), under both of the names that they have. */
import { clientOptions, jsonOption } from '../client-options.js';
import type { Command, OptionSpec } from '../command.js';

const systemOption: OptionSpec = {
  name: 'system',
  kind: 'flag',
  about: 'A systemd unit of the whole machine instead of one of this user',
};

const load = () => import('../commands/gateway-service.js');

/** Behind `gateway` or `daemon`. */
const verbs: readonly Command[] = [
  {
    name: 'status',
    about: 'Show the service, whether the gateway runs and whether it answers',
    options: [
      ...clientOptions,
      { name: 'no-probe', kind: 'flag', about: 'Do not connect to the gateway' },
      { name: 'deep', kind: 'flag', about: 'Look for other services of gateways as well' },
      { name: 'require-rpc', kind: 'flag', about: 'Exit 1 when the gateway does not answer' },
    ],
    load: async () => (await import('../commands/gateway-status.js')).gatewayStatus,
  },
  {
    name: 'install',
    about: 'Have the service manager of this machine run the gateway',
    options: [
      { name: 'port', kind: 'text', about: 'Port to listen on; saved to the config' },
      { name: 'runtime', kind: 'text', about: 'node, which is the only one' },
      { name: 'token', kind: 'text', about: 'Shared token; saved to the config, never to the service' },
      {
        name: 'wrapper',
        kind: 'text',
        about: 'Program to start in the place of node; it gets the arguments',
      },
      { name: 'force', kind: 'flag', about: 'Write the service anew, whoever has written it' },
      systemOption,
      jsonOption,
    ],
    load: async () => (await load()).gatewayInstall,
  },
  {
    name: 'uninstall',
    about: 'Stop the service and remove it; config and data stay',
    options: [systemOption, jsonOption],
    load: async () => (await load()).gatewayUninstall,
  },
  {
    name: 'start',
    about: 'Start the service',
    options: [systemOption, jsonOption],
    load: async () => (await load()).gatewayStart,
  },
  {
    name: 'stop',
    about: 'Stop the service, or the gateway that runs without one',
    options: [
      { name: 'disable', kind: 'flag', about: 'It does not start again with the machine' },
      systemOption,
      jsonOption,
    ],
    load: async () => (await load()).gatewayStop,
  },
  {
    name: 'restart',
    about: 'Start the gateway anew, once its config has been found good, and wait until it is ready',
    options: [
      { name: 'safe', kind: 'flag', about: 'Ask the gateway, which waits until no run is under way' },
      { name: 'skip-deferral', kind: 'flag', about: 'With --safe: it does not wait for runs' },
      { name: 'force', kind: 'flag', about: 'End what is under way at once' },
      {
        name: 'wait',
        kind: 'text',
        about: 'First wait until no run is under way, so long: 30s, 5m; 0 for ever',
      },
      { name: 'token', kind: 'text', about: 'Token of the gateway' },
      { name: 'password', kind: 'text', about: 'Password of the gateway' },
      systemOption,
      jsonOption,
    ],
    load: async () => (await load()).gatewayRestart,
  },
];

export const serviceCommands: readonly Command[] = ['gateway', 'daemon'].flatMap((group) =>
  verbs.map((command) => ({ ...command, name: `${group} ${command.name}` })),
);
