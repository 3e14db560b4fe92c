/** `pllan channels list`, `add` and `remove`: what the config has of channels (cli.md §9). */
import { addEdits, missingKeys, removeEdits } from '../channels/edits.js';
import { configuredLines } from '../channels/human.js';
import {
  readChannels,
  requireChannel,
  requireConfigured,
  type ListedChannels,
} from '../channels/configured.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { changeConfig } from '../config/edit-config.js';
import { takenOver } from '../config/taken-over.js';
import { whenItCounts } from '../config/when-it-counts.js';
import type { Edit } from '../../shared/config/write/edits.js';

export const channelsList: CommandHandler = async (options, context) => {
  const { output } = context;
  const listed = readChannels(context);
  const auth = authOf(listed);
  if (options.flag('json')) {
    const ids = [...new Set(listed.accounts.map(({ channel }) => channel))];
    const accountsOf = (id: string): string[] =>
      listed.accounts.filter(({ channel }) => channel === id).map(({ accountId }) => accountId);
    output.document({ chat: Object.fromEntries(ids.map((id) => [id, accountsOf(id)])), auth });
    return 0;
  }
  const providers = auth.map(({ id, type }) => `- ${id} (${type})`);
  output.print(
    'Chat channels:',
    ...configuredLines(listed.accounts),
    ...(providers.length > 0 ? ['', 'Auth providers:', ...providers] : []),
  );
  return 0;
};

interface AuthProvider {
  readonly id: string;
  readonly provider: string;
  /** Of an auth profile, or `config` where the provider's own entry is all there is. */
  readonly type: string;
}

function authOf({ loaded }: ListedChannels): AuthProvider[] {
  const { auth, models } = loaded.config;
  return [
    ...[...auth.profiles].map(([id, { provider, mode }]) => ({ id, provider, type: mode })),
    ...[...models.providers.keys()].map((id) => ({ id, provider: id, type: 'config' })),
  ];
}

export const channelsAdd: CommandHandler = async (options, context) => {
  const channel = requireChannel(options.text('channel'));
  const accountId = options.text('account');
  const edits = addEdits(readChannels(context).channels, {
    channel,
    accountId,
    name: options.text('name'),
    token: options.text('token'),
    keys: options.list('set'),
  });
  const exitCode = await write(edits, options, context);
  const missing = missingKeys(readChannels(context).channels, { channel, accountId });
  if (missing.length > 0) {
    const account = accountId === undefined ? '' : ` --account ${accountId}`;
    const keys = missing.map((key) => ` --set ${key}=…`).join('');
    context.output.note(
      `It cannot connect without ${missing.join(' and ')}: pllan channels add --channel ${channel}${account}${keys}`,
    );
  }
  return exitCode;
};

export const channelsRemove: CommandHandler = async (options, context) => {
  const { channels } = readChannels(context);
  const edits = removeEdits(channels, {
    channel: requireConfigured(options.text('channel'), channels),
    accountId: options.text('account'),
    deletes: options.flag('delete'),
  });
  return write(edits, options, context);
};

async function write(
  edits: readonly Edit[],
  options: ParsedOptions,
  context: CommandContext,
): Promise<number> {
  const { output } = context;
  const { written, changedPaths, loaded } = await changeConfig(context, { kind: 'edits', edits }, false);
  const taken = written ? await takenOver(context, changedPaths, loaded) : undefined;
  const { text, note } = whenItCounts(changedPaths, loaded, taken);
  if (options.flag('json')) output.document({ ok: true, changedPaths, ...(taken ? { gateway: taken } : {}) });
  else if (changedPaths.length === 0) output.print('Nothing to change.');
  else output.print(`Updated ${changedPaths.join(', ')}. ${text}`);
  if (note !== undefined) output.note(note);
  return 0;
}
