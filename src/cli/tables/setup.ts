/** The lines of the command table that make a gateway: setup, onboard, dashboard, completion. */
import { jsonOption } from '../client-options.js';
import type { Command, OptionSpec } from '../command.js';

/** Of a gateway that is set up, with or without questions. */
const placeOptions: readonly OptionSpec[] = [
  { name: 'workspace', kind: 'text', about: "Folder of the agents' files" },
  { name: 'mode', kind: 'text', about: 'local: the gateway runs here; remote: it runs elsewhere' },
  { name: 'remote-url', kind: 'text', about: 'With --mode remote: its address, ws:// or wss://' },
  { name: 'non-interactive', kind: 'flag', about: 'Ask nothing' },
];

const onboardOptions: readonly OptionSpec[] = [
  ...placeOptions,
  { name: 'accept-risk', kind: 'flag', about: 'I know that agents act on what strangers write' },
  { name: 'gateway-port', kind: 'text', about: 'Port to listen on' },
  { name: 'gateway-bind', kind: 'text', about: 'loopback, lan, tailnet, auto or custom' },
  { name: 'gateway-auth', kind: 'text', about: 'token or password' },
  { name: 'gateway-token', kind: 'text', about: 'Token of the gateway; the process list shows it' },
  { name: 'gateway-password', kind: 'text', about: 'Its password; the process list shows it' },
  { name: 'gateway-token-ref-env', kind: 'text', about: 'Variable that has the token' },
  {
    name: 'auth-choice',
    kind: 'text',
    about: 'Models: skip, openai-api-key, anthropic-api-key, openrouter-api-key or ollama',
  },
  { name: 'model', kind: 'text', about: 'What agents answer with, provider/model' },
  { name: 'install-daemon', kind: 'flag', about: 'Have the service manager of this machine run it' },
  { name: 'skip-health', kind: 'flag', about: 'With --install-daemon: do not wait until it is ready' },
  { name: 'secret-input-mode', kind: 'text', about: 'plaintext, or ref: keys stay in their variables' },
  jsonOption,
];

export const setupCommands: readonly Command[] = [
  {
    name: 'setup',
    about: 'Make a config, a workspace and a place for sessions where they are missing',
    options: [
      ...placeOptions,
      { name: 'remote-token', kind: 'text', about: 'With --mode remote: its token' },
      { name: 'wizard', kind: 'flag', about: 'As pllan onboard' },
      jsonOption,
    ],
    load: async () => (await import('../commands/setup.js')).setup,
  },
  {
    name: 'onboard',
    about: 'Set up a gateway with questions, or with flags for all of them',
    options: onboardOptions,
    load: async () => (await import('../commands/onboard.js')).onboard,
  },
  {
    name: 'dashboard',
    about: "Print the address of the gateway's page, and open it",
    options: [{ name: 'no-open', kind: 'flag', about: 'Only print it' }, jsonOption],
    load: async () => (await import('../commands/dashboard.js')).dashboard,
  },
  {
    name: 'completion',
    about: 'Print what a shell needs to complete commands: bash, zsh or fish',
    args: [{ name: 'shell', required: true }],
    options: [],
    load: async () => (await import('../commands/completion.js')).completion,
  },
];
