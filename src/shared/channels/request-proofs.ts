/** What the requests of each network are known by: a row for each channel whose network sends some. */
import type { ChannelId } from '../config/channel-ids.js';
import type { RequestProof } from './requests.js';
import { telegramProof } from './telegram/proof.js';
import { webhookProof } from './webhook/proof.js';

/** Of an account's own part of the config, with its secrets; undefined: it takes none. */
export const requestProofs: Readonly<
  Partial<Record<ChannelId, (account: Readonly<Record<string, unknown>>) => RequestProof | undefined>>
> = {
  telegram: telegramProof,
  webhook: webhookProof,
};
