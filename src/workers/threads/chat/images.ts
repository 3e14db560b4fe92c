/** Images of a chat completion: data URLs, and others where the config allows it (http.md §7.1). */
import type { ApiError } from '../../../shared/errors/api-error.js';
import { readImage, imageFrom, type SentImage } from '../../../shared/media/sent-image.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { Network } from '../../../shared/net/guarded-fetch.js';
import type { Turn } from '../turn.js';
import { invalidImage } from './request.js';

type Rules = RouteTable['chatImages'];

/** @param gone they are not wanted any more. @param network other than the public one. @throws ApiError 400 when there are too many, or one is not what it may be */
export async function readImages(
  urls: readonly string[],
  rules: Rules,
  gone: AbortSignal,
  network?: Network,
  refusal: () => ApiError = invalidImage,
): Promise<readonly SentImage[]> {
  if (urls.length > rules.maxImageParts) throw refusal();
  const images = await Promise.all(urls.map((url) => readOne(url, rules, gone, network, refusal)));
  const total = images.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (total > rules.maxTotalImageBytes) throw refusal();
  return images;
}

async function readOne(
  url: string,
  rules: Rules,
  gone: AbortSignal,
  network: Network | undefined,
  refusal: () => ApiError,
): Promise<SentImage> {
  const { maxBytes, allowedMimes: types } = rules.images;
  const isData = /^\s*data:/i.test(url);
  const image = isData
    ? readImage(url, undefined, { maxBytes, types })
    : await fetchOne(url, rules, gone, network, refusal);
  if (typeof image === 'string') throw refusal();
  return image;
}

async function fetchOne(
  url: string,
  { images }: Rules,
  gone: AbortSignal,
  network: Network | undefined,
  refusal: () => ApiError,
): Promise<SentImage | string> {
  const { allowUrl, urlAllowlist, maxBytes, maxRedirects, timeoutMs, allowedMimes: types } = images;
  if (!allowUrl) throw refusal();
  const allowedHosts = urlAllowlist.length > 0 ? urlAllowlist : undefined;
  const { guardedFetch } = await import('../../../shared/net/guarded-fetch.js');
  try {
    const request = { url, maxBytes, maxRedirects, timeoutMs, allowedHosts, signal: gone };
    const { bytes, type } = await guardedFetch(request, network);
    return imageFrom(bytes, type, { types });
  } catch {
    throw refusal();
  }
}

/** The same turn, its last message of the user with the images. */
export function withImages(turn: Turn, images: readonly SentImage[]): Turn {
  const at = turn.messages.findLastIndex(({ role }) => role === 'user');
  const shown = images.map(({ mimeType, bytes }) => ({
    mimeType,
    data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  }));
  const messages = turn.messages.map((message, n) =>
    n === at && message.role === 'user' ? { ...message, images: shown } : message,
  );
  return { ...turn, messages };
}
