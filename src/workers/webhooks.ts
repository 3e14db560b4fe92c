/** Posts to webhooks for the primary. Of what they answer nothing is read but the status. */
import type { WebhookOutcome, WebhookPost } from '../shared/webhook-post.js';
import { FetchFailure } from '../shared/net/fetch-failure.js';
import { guardedPost, type Network } from '../shared/net/guarded-fetch.js';

/** @param testNetwork of a gateway that tests have started */
export async function postWebhook(
  { url, body, token, timeoutMs }: WebhookPost,
  signal: AbortSignal,
  testNetwork: string | undefined,
): Promise<WebhookOutcome> {
  const network = testNetwork === undefined ? undefined : await networkOf(testNetwork);
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  try {
    await guardedPost({ url, body, headers, timeoutMs, signal }, network);
    return { ok: true };
  } catch (caught) {
    if (!(caught instanceof FetchFailure)) throw caught;
    const { reason, status = 0, message } = caught;
    const busy = reason === 'bad-status' && (status >= 500 || status === 408 || status === 429);
    return { ok: false, message, retryable: busy || reason === 'network' || reason === 'timeout' };
  }
}

async function networkOf(described: string): Promise<Network> {
  const { parseTestNetwork } = await import('./threads/tool-pool/test-network.js');
  return parseTestNetwork(described);
}
