/** Commands of channels (cli.md §9). */
import { clientOptions, jsonOption, rpcOptions } from '../client-options.js';
import type { Command, OptionSpec } from '../command.js';

const loadStatus = () => import('../commands/channels-status.js');
const loadConfig = () => import('../commands/channels-config.js');

const channelOption: OptionSpec = {
  name: 'channel',
  kind: 'text',
  about: 'The chat network: irc, telegram or webhook',
};
const accountOption: OptionSpec = {
  name: 'account',
  kind: 'text',
  about: 'The account in it; the default one unless given',
};

export const channelCommands: readonly Command[] = [
  {
    name: 'channels list',
    about: 'Show the chat networks and accounts of the config',
    options: [{ name: 'no-usage', kind: 'flag', about: 'As without it: no usage is shown' }, jsonOption],
    load: async () => (await loadConfig()).channelsList,
  },
  {
    name: 'channels status',
    about: 'Show how the accounts of the running gateway are',
    options: [
      { name: 'probe', kind: 'flag', about: 'Ask the networks whether they answer' },
      channelOption,
      ...clientOptions,
    ],
    load: async () => (await loadStatus()).channelsStatus,
  },
  {
    name: 'channels add',
    about: 'Write an account into the config, or change one',
    options: [
      channelOption,
      { ...accountOption, about: 'The account; without it the channel has one only' },
      { name: 'name', kind: 'text', about: 'What people call it' },
      {
        name: 'token',
        kind: 'text',
        about: "Its credential; the process list shows it, a '${VARIABLE}' does not",
      },
      { name: 'set', kind: 'list', about: 'Another key of it, key=value; may be repeated' },
      jsonOption,
    ],
    load: async () => (await loadConfig()).channelsAdd,
  },
  {
    name: 'channels remove',
    about: 'Switch an account or a whole channel off',
    options: [
      channelOption,
      { ...accountOption, about: 'The account; without it the whole channel' },
      { name: 'delete', kind: 'flag', about: 'Remove it from the config' },
      jsonOption,
    ],
    load: async () => (await loadConfig()).channelsRemove,
  },
  {
    name: 'channels login',
    about: 'Say how an account signs in',
    options: [channelOption, accountOption, { name: 'verbose', kind: 'flag', about: 'No effect' }],
    load: async () => (await loadStatus()).channelsLogin,
  },
  {
    name: 'channels logout',
    about: 'Have the network forget the sign-in of an account',
    options: [
      channelOption,
      accountOption,
      { name: 'verbose', kind: 'flag', about: 'No effect' },
      ...rpcOptions,
    ],
    load: async () => (await loadStatus()).channelsLogout,
  },
];
