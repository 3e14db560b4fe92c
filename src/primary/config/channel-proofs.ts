/** The secrets by which workers know requests of chat networks: only of accounts that take some. */
import { requestProofs } from '../../shared/channels/request-proofs.js';
import type { RequestProof, RequestProofs } from '../../shared/channels/requests.js';

/** By channel and account: what the config says of those that are enabled, an account's own or its channel's. */
export type EnabledAccounts = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
>;

export function channelProofs(enabled: EnabledAccounts): RequestProofs {
  return Object.fromEntries(
    Object.entries(requestProofs).map(([channel, proofOf]) => {
      const proofs = Object.entries(enabled[channel] ?? {}).flatMap(
        ([accountId, account]): (readonly [string, RequestProof])[] => {
          const proof = proofOf(account);
          return proof ? [[accountId, proof]] : [];
        },
      );
      return [channel, Object.fromEntries(proofs)];
    }),
  );
}
