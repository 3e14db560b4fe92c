/** The command table. Code is loaded when its command runs, so that `--help` and `--version` answer at once. */
import type { ArgumentSpec, Command, OptionSpec } from './command.js';
import { clientOptions, jsonOption, rpcOptions } from './client-options.js';
import { channelCommands } from './tables/channels.js';
import { configCommands } from './tables/config.js';
import { cronCommands } from './tables/cron.js';
import { deviceCommands } from './tables/devices.js';
import { doctorCommands } from './tables/doctor.js';
import { observationCommands } from './tables/observation.js';
import { pairingCommands } from './tables/pairing.js';
import { secretCommands } from './tables/secrets.js';
import { serviceCommands } from './tables/service.js';
import { setupCommands } from './tables/setup.js';
import { systemCommands } from './tables/system.js';

const gatewayOptions: readonly OptionSpec[] = [
  { name: 'port', kind: 'text', about: 'Port to listen on, 1 to 65535' },
  { name: 'bind', kind: 'text', about: 'loopback, lan, tailnet, auto or custom' },
  { name: 'auth', kind: 'text', about: 'none, token, password or trusted-proxy' },
  { name: 'token', kind: 'text', about: 'Shared token; the process list shows it' },
  { name: 'password', kind: 'text', about: 'Shared password; the process list shows it' },
  { name: 'password-file', kind: 'text', about: 'File that holds the shared password' },
  { name: 'model', kind: 'text', about: 'Default model of this run, provider/model' },
  { name: 'tailscale', kind: 'text', about: 'off, serve or funnel' },
  { name: 'tailscale-reset-on-exit', kind: 'flag', about: 'Undo that at the end' },
  { name: 'verbose', kind: 'flag', about: 'Show debug lines on the console' },
  { name: 'ws-log', kind: 'text', about: 'Requests over WebSocket in the log: auto, full or compact' },
  { name: 'compact', kind: 'flag', about: 'The same as --ws-log compact' },
  { name: 'raw-stream', kind: 'flag', about: 'Keep what models say in logs/raw-stream.jsonl' },
  { name: 'raw-stream-path', kind: 'text', about: 'Keep what models say in this file' },
  { name: 'force', kind: 'flag', about: 'End whoever listens on the port first' },
  { name: 'reset', kind: 'flag', about: 'With --dev: begin anew; what is there goes to the trash' },
  { name: 'allow-unconfigured', kind: 'flag', about: 'Start without gateway.mode=local in the config' },
  {
    name: 'allow-empty-store',
    kind: 'flag',
    about: 'Move a store that cannot be read aside and start empty',
  },
];

const loadGatewayRun: Command['load'] = async () => (await import('./commands/gateway-run.js')).gatewayRun;

const sessionListOptions: readonly OptionSpec[] = [
  ...clientOptions,
  { name: 'active', kind: 'text', about: 'Only sessions updated in the last so many minutes' },
  { name: 'agent', kind: 'text', about: 'Only sessions of this agent' },
  { name: 'all-agents', kind: 'flag', about: 'Sessions of every agent, as without --agent' },
  { name: 'limit', kind: 'text', about: 'At most so many, 100 unless given' },
  { name: 'store', kind: 'text', about: 'Folder of a store to read, instead of asking a gateway' },
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
  { name: 'local', kind: 'flag', about: 'Without the gateway: one is started for this run, and ended' },
  ...clientOptions.filter(({ name }) => name !== 'timeout'),
];

const loadSessionsList: Command['load'] = async () =>
  (await import('./commands/sessions-list.js')).sessionsList;

export const commands: readonly Command[] = [
  {
    name: 'gateway',
    about: 'Run the gateway in the foreground',
    options: gatewayOptions,
    load: loadGatewayRun,
  },
  { name: 'gateway run', about: 'The same as gateway', options: gatewayOptions, load: loadGatewayRun },
  ...serviceCommands,
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
  ...channelCommands,
  ...observationCommands,
  ...configCommands,
  ...deviceCommands,
  ...pairingCommands,
  ...cronCommands,
  ...systemCommands,
  ...secretCommands,
  {
    name: 'sessions',
    about: 'List the sessions of the running gateway, or of a store',
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
