/** Requests to `/v1/responses`, as tests send them. */
import { bearer } from './chat.js';
import type { TestGateway } from './gateway.js';

export function postResponse(
  { url }: Pick<TestGateway, 'url'>,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer, ...headers },
    body: JSON.stringify(body),
  });
}
