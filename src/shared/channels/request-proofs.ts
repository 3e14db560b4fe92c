/** What the requests of each network are known by: a row for each channel whose network sends some. */
import type { RequestProof } from './requests.js';
import { webhookProof } from './webhook/proof.js';

/** Of an account's part of the config, complete and with its secrets; undefined: it takes none. */
export const requestProofs: Readonly<
  Record<string, (account: Readonly<Record<string, unknown>>) => RequestProof | undefined>
> = {
  webhook: webhookProof,
};
