/** Accounts in chat networks; this gateway has none. */
import { expect } from 'vitest';
import { ChannelsStatus } from '../channel-shapes.js';
import { expectOk, type Calls } from './call.js';

const withoutChannel = (verb: string): Calls => ({
  [`channels.${verb}`]: async ({ client }) => {
    for (const params of [{}, { channel: 'telegram' }, { channel: 'pigeon', accountId: 'a' }])
      expect(await client.call(`channels.${verb}`, params)).toMatchObject({
        ok: false,
        error: { code: 'INVALID_REQUEST', message: `invalid channels.${verb} channel` },
      });
  },
});

const withoutCode = (verb: string): Calls => ({
  [`channels.pairing.${verb}`]: async ({ client }) => {
    const params = { channel: 'telegram', code: 'ABCDEFGH' };
    expect(await client.call(`channels.pairing.${verb}`, params)).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', message: 'unknown pairing code' },
    });
  },
});

export const channelCalls: Calls = {
  'channels.status': async ({ client }) => {
    await expectOk(client, 'channels.status', {}, ChannelsStatus);
    const status = await expectOk(client, 'channels.status', { probe: true, timeoutMs: 0 }, ChannelsStatus);
    expect(status).toMatchObject({ channelOrder: [], channelMeta: [], channels: {}, channelAccounts: {} });
    expect(await client.call('channels.status', { channel: 'pigeon' })).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', message: 'unknown channel: pigeon' },
    });
  },
  ...withoutChannel('start'),
  ...withoutChannel('stop'),
  ...withoutChannel('logout'),
  'channels.pairing.list': async ({ client }) => {
    for (const params of [{}, { channel: 'telegram' }])
      expect(await client.call('channels.pairing.list', params)).toMatchObject({
        ok: true,
        payload: { requests: [] },
      });
  },
  ...withoutCode('approve'),
  ...withoutCode('reject'),
};
