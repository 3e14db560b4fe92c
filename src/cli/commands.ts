/** The command table. Code is loaded when its command runs, so that `--help` and `--version` answer at once. */
import type { ArgumentSpec, Command, OptionSpec } from './command.js';
import { setOptions } from './config/set-options.js';
import { doctorCommands } from './doctor/doctor-commands.js';
import { setupCommands } from './setup/setup-commands.js';

const gatewayOptions: readonly OptionSpec[] = [
  { name: 'port', kind: 'text', about: 'Port to listen on, 1 to 65535' },
  { name: 'bind', kind: 'text', about: 'loopback, lan, tailnet, auto or custom' },
  { name: 'auth', kind: 'text', about: 'none, token, password or trusted-proxy' },
  { name: 'token', kind: 'text', about: 'Shared token; the process list shows it' },
  { name: 'password', kind: 'text', about: 'Shared password; the process list shows it' },
  { name: 'password-file', kind: 'text', about: 'File that holds the shared password' },
  { name: 'model', kind: 'text', about: 'Default model of this run, provider/model' },
  { name: 'verbose', kind: 'flag', about: 'Show debug lines on the console' },
  { name: 'force', kind: 'flag', about: 'End whoever listens on the port first' },
  { name: 'reset', kind: 'flag', about: 'With --dev: begin anew; what is there goes to the trash' },
  { name: 'allow-unconfigured', kind: 'flag', about: 'Start without gateway.mode=local in the config' },
  {
    name: 'allow-empty-store',
    kind: 'flag',
    about: 'Move a store that cannot be read aside and start empty',
  },
];

const jsonOption: OptionSpec = { name: 'json', kind: 'flag', about: 'Print one JSON document' };

/** Shared by every command that asks a running gateway (cli.md §1). */
const clientOptions: readonly OptionSpec[] = [
  { name: 'url', kind: 'text', about: 'Gateway to ask, ws:// or wss://; needs --token or --password' },
  { name: 'token', kind: 'text', about: 'Token of the gateway' },
  { name: 'password', kind: 'text', about: 'Password of the gateway' },
  { name: 'timeout', kind: 'text', about: 'Milliseconds to wait for the answer, 10000 unless given' },
  jsonOption,
];

/** Of commands that call one method of it. */
const rpcOptions: readonly OptionSpec[] = [
  ...clientOptions,
  { name: 'expect-final', kind: 'flag', about: 'Wait past an answer that only says "accepted"' },
];

const loadDevices = () => import('./commands/devices.js');
const byRequest = [{ name: 'requestId', required: true }];
const byDevice = [{ name: 'deviceId', required: true }];
const roleOption: OptionSpec = { name: 'role', kind: 'text', about: 'Whose token: operator or node' };

const deviceCommands: readonly Command[] = [
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

const loadConfigCommands = () => import('./commands/config.js');
const atPath: ArgumentSpec = { name: 'path', required: true };
const dryRunOption: OptionSpec = { name: 'dry-run', kind: 'flag', about: 'Check it, and write nothing' };

const configCommands: readonly Command[] = [
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

const loadGatewayRun: Command['load'] = async () => (await import('./commands/gateway-run.js')).gatewayRun;

const sessionListOptions: readonly OptionSpec[] = [
  ...clientOptions,
  { name: 'active', kind: 'text', about: 'Only sessions updated in the last so many minutes' },
  { name: 'agent', kind: 'text', about: 'Only sessions of this agent' },
  { name: 'all-agents', kind: 'flag', about: 'Sessions of every agent, as without --agent' },
  { name: 'limit', kind: 'text', about: 'At most so many, 100 unless given' },
];

const dirArgument: readonly ArgumentSpec[] = [{ name: 'dir', required: true }];

const agentOptions: readonly OptionSpec[] = [
  { name: 'message', short: 'm', kind: 'text', about: 'What is said to the agent' },
  { name: 'agent', kind: 'text', about: 'The agent; its main session unless one is named' },
  { name: 'session-key', kind: 'text', about: 'The session, by its key' },
  { name: 'session-id', kind: 'text', about: 'The session, by its id' },
  { name: 'to', kind: 'text', about: 'The session of this peer' },
  { name: 'thinking', kind: 'text', about: 'off, minimal, low, medium, high, xhigh or adaptive' },
  { name: 'verbose', kind: 'text', about: 'on or off, for this session from now on' },
  { name: 'model', kind: 'text', about: 'Model of this run, provider/model' },
  { name: 'deliver', kind: 'flag', about: 'Send the reply to the channel of the session as well' },
  { name: 'channel', kind: 'text', about: 'Channel of the message' },
  { name: 'reply-to', kind: 'text', about: 'Send the reply to this peer' },
  { name: 'reply-channel', kind: 'text', about: 'Send the reply through this channel' },
  { name: 'reply-account', kind: 'text', about: 'Send the reply from this account' },
  { name: 'timeout', kind: 'text', about: 'Seconds that the run may take, 0 for no limit' },
  ...clientOptions.filter(({ name }) => name !== 'timeout'),
];

const loadSessionsList: Command['load'] = async () =>
  (await import('./commands/sessions-list.js')).sessionsList;

const allowExecOption: OptionSpec = {
  name: 'allow-exec',
  kind: 'flag',
  about: 'Run the commands of providers to check their references',
};

const secretCommands: readonly Command[] = [
  {
    name: 'secrets reload',
    about: 'Have the running gateway resolve its secrets anew',
    options: clientOptions.map((option) =>
      option.name === 'timeout'
        ? { ...option, about: 'Milliseconds to wait for the answer, 30000 unless given' }
        : option,
    ),
    load: async () => (await import('./commands/secrets-reload.js')).secretsReload,
  },
  {
    name: 'secrets audit',
    about: 'Look for credentials in plain text and for references that lead nowhere',
    options: [
      { name: 'check', kind: 'flag', about: 'Exit 1 when there are findings' },
      allowExecOption,
      jsonOption,
    ],
    load: async () => (await import('./commands/secrets-audit.js')).secretsAudit,
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
    load: async () => (await import('./commands/secrets-apply.js')).secretsApply,
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
    load: async () => (await import('./commands/secrets-configure.js')).secretsConfigure,
  },
];

export const commands: readonly Command[] = [
  {
    name: 'gateway',
    about: 'Run the gateway in the foreground',
    options: gatewayOptions,
    load: loadGatewayRun,
  },
  { name: 'gateway run', about: 'The same as gateway', options: gatewayOptions, load: loadGatewayRun },
  {
    name: 'gateway status',
    about: 'Show whether the gateway runs and answers',
    options: [
      ...clientOptions,
      { name: 'no-probe', kind: 'flag', about: 'Do not connect to the gateway' },
      { name: 'require-rpc', kind: 'flag', about: 'Exit 1 when the gateway does not answer' },
    ],
    load: async () => (await import('./commands/gateway-status.js')).gatewayStatus,
  },
  {
    name: 'gateway call',
    about: 'Call a method of the gateway and print its answer',
    args: [{ name: 'method', required: true }],
    options: [
      { name: 'params', kind: 'text', about: 'Parameters of the method, a JSON object' },
      ...rpcOptions,
      { name: 'port', kind: 'text', about: 'Port of a gateway on this machine' },
    ],
    load: async () => (await import('./commands/gateway-call.js')).gatewayCall,
  },
  {
    name: 'gateway probe',
    about: 'Look for every gateway that could be meant, and ask how it is',
    options: [
      ...clientOptions,
      { name: 'ssh', kind: 'text', about: 'Look behind an ssh tunnel as well: user@host[:port]' },
      { name: 'ssh-identity', kind: 'text', about: 'Key file for ssh' },
      { name: 'ssh-auto', kind: 'flag', about: 'Take the ssh target from gateway.remote.sshTarget' },
    ],
    load: async () => (await import('./commands/gateway-probe.js')).gatewayProbe,
  },
  {
    name: 'status',
    about: 'Show the gateway and its surroundings at a glance',
    options: [
      ...clientOptions,
      { name: 'deep', kind: 'flag', about: 'Probe health, presence and channels as well' },
      { name: 'usage', kind: 'flag', about: 'Ask for the usage of providers' },
      { name: 'all', kind: 'flag', about: 'A report to paste where somebody helps; without secrets' },
      { name: 'verbose', kind: 'flag', about: 'As --deep' },
    ],
    load: async () => (await import('./commands/status.js')).status,
  },
  {
    name: 'health',
    about: 'Ask the running gateway how it is',
    options: [...rpcOptions, { name: 'verbose', kind: 'flag', about: 'Probe every channel now' }],
    load: async () => (await import('./commands/health.js')).health,
  },
  {
    name: 'agent',
    about: 'Have an agent of the running gateway answer a message',
    options: agentOptions,
    load: async () => (await import('./commands/agent.js')).agent,
  },
  ...setupCommands,
  ...doctorCommands,
  ...configCommands,
  ...deviceCommands,
  ...secretCommands,
  {
    name: 'sessions',
    about: 'List the sessions of the running gateway',
    options: sessionListOptions,
    load: loadSessionsList,
  },
  {
    name: 'sessions list',
    about: 'The same as sessions',
    options: sessionListOptions,
    load: loadSessionsList,
  },
  {
    name: 'sessions export',
    about: 'Write all sessions of this state directory as files, also while the gateway runs',
    args: dirArgument,
    options: [jsonOption],
    load: async () => (await import('./commands/sessions-export.js')).sessionsExport,
  },
  {
    name: 'sessions import',
    about: 'Store the sessions of an export; the gateway must be stopped',
    args: dirArgument,
    options: [{ name: 'overwrite', kind: 'flag', about: 'Replace sessions that are there' }, jsonOption],
    load: async () => (await import('./commands/sessions-import.js')).sessionsImport,
  },
];
