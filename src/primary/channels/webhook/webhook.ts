/**
 * Webhooks as a chat network: signed requests come in (`POST /channels/webhook/<account>`, checked by a worker), answers
 * go out as signed requests to the account's `url`. There is no connection that could be lost: an account is connected
 * while it runs, and each request stands for itself.
 */
import type { WebhookConfig } from '../../../shared/channels/webhook/config.js';
import { webhookKeysOf } from '../../../shared/channels/webhook/proof.js';
import { ChannelError, SendError, type AccountHost, type Channel, type ChannelAccount } from '../channel.js';
import { splitText } from '../split-text.js';
import { createInbound } from './inbound.js';
import { webhookLimits } from './limits.js';
import { createReceiver } from './receiver.js';

export const channel: Channel<WebhookConfig> = {
  id: 'webhook',
  label: 'Webhook',
  detailLabel: 'Signed webhook',
  capabilities: {
    typing: false,
    edits: false,
    media: true,
    threads: true,
    groups: true,
    logout: false,
    repeats: true,
  },
  open,
};

function open(config: WebhookConfig, host: AccountHost): ChannelAccount {
  const { accountId } = host;
  const keys = webhookKeysOf(config);
  const { url, timeoutMs = webhookLimits.timeoutMs } = config;
  const receiver = url === undefined ? undefined : createReceiver({ url, keys, accountId, timeoutMs });
  const about = url === undefined ? {} : { receiver: new URL(url).origin };
  return {
    mode: 'webhook',
    async run(signal) {
      if (keys.length === 0) throw new ChannelError('refused', 'no secret is set, or it holds no key');
      const alive = setInterval(host.alive, webhookLimits.aliveMs);
      try {
        host.connected(about);
        await aborted(signal);
      } finally {
        clearInterval(alive);
        await receiver?.disconnect();
      }
    },
    async send(part, signal) {
      if (!receiver) throw new SendError('refused', 'the account has no url to send to');
      return receiver.send(part, signal);
    },
    split: (text) => splitText(text, { max: webhookLimits.textChars }),
    async probe(signal) {
      await receiver?.ping(signal);
      return about;
    },
    received: createInbound(host),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
