/** Images of a response: as in chat completions, but also by URL unless the config says otherwise (http.md §8.1). */
import type { SentImage } from '../../../shared/media/sent-image.js';
import type { RouteTable } from '../../../shared/routes.js';
import { readImages } from '../chat/images.js';
import { invalid } from './invalid.js';

/** @param fetched URLs of the request that are not images'. @throws ApiError 400 for too many URLs */
export function requireFewUrls(
  imageUrls: readonly string[],
  fetched: number,
  { maxUrlParts }: RouteTable['responseImages'],
): void {
  const all = fetched + imageUrls.filter((url) => !/^\s*data:/i.test(url)).length;
  if (all > maxUrlParts)
    throw invalid(`input: ${all} URLs are more than ${maxUrlParts} (responses.maxUrlParts)`);
}

/** @throws ApiError 400 */
export function readResponseImages(
  urls: readonly string[],
  rules: RouteTable['responseImages'],
  gone: AbortSignal,
): Promise<readonly SentImage[]> {
  return readImages(urls, rules, gone, undefined, refusal);
}

function refusal() {
  return invalid('input: invalid image content');
}
