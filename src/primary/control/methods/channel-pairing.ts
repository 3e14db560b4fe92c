/** `channels.pairing.*`: who may write over chat networks, where that is asked first (config.md §8, `dmPolicy`). */
import type { Channels } from '../../channels/open-channels.js';
import { shown } from '../../channels/inbound/pairing.js';
import { invalidRequest, method, type Method } from './method.js';

export interface ChannelPairingServices {
  readonly channels: Pick<Channels, 'messages'>;
}

export function channelPairingMethods({ channels }: ChannelPairingServices): readonly Method[] {
  const { pairing } = channels.messages;
  return [
    method({
      name: 'channels.pairing.list',
      scope: 'operator.pairing',
      summary: 'People who have written over chat networks and wait to be approved.',
      answers: '`{requests: [{channel, accountId, sender, name, code, createdAt, expiresAt}]}`',
      answer: async ({ channel }) =>
        JSON.stringify({ requests: (await pairing.list(channel)).map((request) => shown(request)) }),
    }),
    method({
      name: 'channels.pairing.approve',
      scope: 'operator.pairing',
      summary: 'Whoever was given this code may write from now on, and is told so.',
      answers: '`{channel, accountId, sender, name, approvedAt}`',
      async answer({ channel, code }) {
        const known = await pairing.approve(channel, code);
        if (!known) throw invalidRequest('unknown pairing code');
        return JSON.stringify(known);
      },
    }),
    method({
      name: 'channels.pairing.reject',
      scope: 'operator.pairing',
      summary: 'Forgets a request; whoever asked may ask again.',
      answers: '`{channel, accountId, sender}`',
      async answer({ channel, code }) {
        const request = await pairing.reject(channel, code);
        if (!request) throw invalidRequest('unknown pairing code');
        const { accountId, sender } = request;
        return JSON.stringify({ channel: request.channel, accountId, sender });
      },
    }),
  ];
}
