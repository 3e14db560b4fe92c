/** Images of a response: as in chat completions, but also by URL unless the config says otherwise (http.md §8.1). */
import type { SentImage } from '../../../shared/media/sent-image.js';
import type { RouteTable } from '../../../shared/routes.js';
import { readImages, type Wanted } from '../chat/images.js';
import { invalid } from './invalid.js';

/** @throws ApiError 400 */
export function readResponseImages(
  urls: readonly string[],
  rules: RouteTable['responseImages'],
  link: Wanted,
): Promise<readonly SentImage[]> {
  const fetched = urls.filter((url) => !/^\s*data:/i.test(url)).length;
  if (fetched > rules.maxUrlParts)
    throw invalid(`input: ${fetched} URLs are more than ${rules.maxUrlParts} (responses.maxUrlParts)`);
  return readImages(urls, rules, link, undefined, refusal);
}

function refusal() {
  return invalid('input: invalid image content');
}
