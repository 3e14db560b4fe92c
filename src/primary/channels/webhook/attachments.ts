/** Files that a message names by their address: fetched only when they are wanted, from the public internet alone. */
import type { Network } from '../../../shared/net/guarded-fetch.js';
import type { InboundAttachment } from '../channel.js';
import { webhookLimits } from './limits.js';

export interface NamedFile {
  readonly url: string;
  readonly kind?: InboundAttachment['kind'];
  readonly mimeType?: string;
  readonly filename?: string;
}

/** @param network other than the public internet, for tests */
export function attachmentOf(file: NamedFile, network?: Network): InboundAttachment {
  const { url, mimeType = 'application/octet-stream', filename } = file;
  return {
    kind: file.kind ?? kindOf(mimeType),
    mimeType,
    ...(filename === undefined ? {} : { filename }),
    async fetch(maxBytes, signal) {
      // Loaded with the first file: it brings the whole of undici.
      const { guardedFetch } = await import('../../../shared/net/guarded-fetch.js');
      const { attachmentMs: timeoutMs, redirects: maxRedirects } = webhookLimits;
      const fetched = await guardedFetch({ url, maxBytes, timeoutMs, maxRedirects, signal }, network);
      return fetched.bytes;
    },
  };
}

function kindOf(mimeType: string): InboundAttachment['kind'] {
  const [kind] = mimeType.toLowerCase().split('/');
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file';
}
