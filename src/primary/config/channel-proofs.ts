/** The secrets by which workers know requests of chat networks: only of accounts that take some. */
import { requestProofs } from '../../shared/channels/request-proofs.js';
import type { RequestProof, RequestProofs } from '../../shared/channels/requests.js';
import { accountsOf, knownChannels } from '../../shared/config/channel-accounts.js';
import type { ChannelsConfig } from '../../shared/config/channels-schema.js';

export function channelProofs(channels: ChannelsConfig): RequestProofs {
  return Object.fromEntries(
    knownChannels(channels).map(([channel, section]) => {
      const proofs = accountsOf(channel, section).flatMap(
        ({ accountId, enabled, own }): (readonly [string, RequestProof])[] => {
          const proof = enabled ? requestProofs[channel]?.(own) : undefined;
          return proof ? [[accountId, proof]] : [];
        },
      );
      return [channel, Object.fromEntries(proofs)];
    }),
  );
}
