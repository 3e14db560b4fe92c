import { describe, expect, it } from 'vitest';
import { addEdits, removeEdits, type NewAccount } from '../../../src/cli/channels/edits.js';
import type { ChannelsConfig } from '../../../src/shared/config/channels-schema.js';
import { withEdit, type Edit } from '../../../src/shared/config/write/edits.js';

const made = (channels: ChannelsConfig, edits: readonly Edit[]): unknown =>
  (edits.reduce<unknown>(withEdit, { channels }) as { readonly channels: unknown }).channels;
const none = { accountId: undefined, name: undefined, token: undefined, keys: [] };
const added = (channels: ChannelsConfig, account: Partial<NewAccount>) =>
  made(channels, addEdits(channels, { channel: 'telegram', ...none, ...account }));
const removed = (channels: ChannelsConfig, accountId: string | undefined, deletes: boolean) =>
  made(channels, removeEdits(channels, { channel: 'telegram', accountId, deletes }));

describe('an account that is added', () => {
  it.each<[string, ChannelsConfig, Partial<NewAccount>, object]>([
    ['is the channel itself', {}, { token: 't', name: 'N' }, { name: 'N', botToken: 't', enabled: true }],
    ['has nothing yet', {}, {}, { enabled: true }],
    [
      'is changed',
      { telegram: { botToken: 'a', streaming: true } },
      { token: 'b' },
      { botToken: 'b', streaming: true },
    ],
    [
      'is switched on again',
      { telegram: { enabled: false, botToken: 'a' } },
      {},
      { enabled: true, botToken: 'a' },
    ],
    [
      'has keys of its own',
      {},
      { keys: ['streaming=true', 'groups.a.enabled=false', 'name=a=b'] },
      { streaming: true, groups: { a: { enabled: false } }, name: 'a=b', enabled: true },
    ],
    [
      'stands beside the one that the channel was',
      { telegram: { botToken: 'a' } },
      { accountId: 'work', token: 'b' },
      { botToken: 'a', accounts: { default: {}, work: { botToken: 'b', enabled: true } } },
    ],
    [
      'stands beside others',
      { telegram: { accounts: { a: {} } } },
      { accountId: 'b', token: 't' },
      { accounts: { a: {}, b: { botToken: 't', enabled: true } } },
    ],
  ])('%s', (_what, channels, account, telegram) => {
    expect(added(channels, account)).toEqual({ telegram });
  });

  it.each<[ChannelsConfig, Partial<NewAccount>, string]>([
    [
      { telegram: { accounts: { a: {} } } },
      { token: 't' },
      '--account is required: channel telegram has several',
    ],
    [{}, { channel: 'signal', token: 't' }, 'channel signal has no token; use --set key=value'],
    [{}, { keys: ['x'] }, 'Invalid --set x (use key=value)'],
    [{}, { keys: ['__proto__=1'] }, 'Invalid config path: __proto__ may not be in it'],
  ])('is refused: %j %j', (channels, account, message) => {
    expect(() => added(channels, account)).toThrow(message);
  });
});

describe('an account that is removed', () => {
  const two: ChannelsConfig = {
    telegram: { botToken: 't', defaultAccount: 'b', accounts: { a: {}, b: {} } },
  };

  it.each<[string, ChannelsConfig, string | undefined, boolean, object]>([
    [
      'is switched off',
      two,
      'a',
      false,
      { ...two, telegram: { ...two.telegram, accounts: { a: { enabled: false }, b: {} } } },
    ],
    ['is the whole channel', two, undefined, false, { telegram: { ...two.telegram, enabled: false } }],
    [
      'is gone, and no default any more',
      two,
      'b',
      true,
      { telegram: { botToken: 't', accounts: { a: {} } } },
    ],
    ['was the last one', { telegram: { botToken: 't', accounts: { a: {} } } }, 'a', true, {}],
    ['was the channel itself', { telegram: { botToken: 't' } }, 'default', true, {}],
    ['is the whole channel, gone', two, undefined, true, {}],
  ])('%s', (_what, channels, accountId, deletes, expected) => {
    expect(removed(channels, accountId, deletes)).toEqual(expected);
  });

  it.each<[ChannelsConfig, string | undefined, string]>([
    [{}, undefined, 'channel telegram is not configured'],
    [two, 'c', 'channel telegram has no account c'],
    [{ telegram: {} }, 'a', 'channel telegram has no account a'],
  ])('is refused: %j %s', (channels, accountId, message) => {
    expect(() => removed(channels, accountId, true)).toThrow(message);
  });
});
