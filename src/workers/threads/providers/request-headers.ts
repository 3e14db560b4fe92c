/** Headers of requests to a provider: made once per credential, since neither it nor its route ever changes. */
import type { Credential, ProviderRoute } from '../../../shared/routes.js';

type Headers = Readonly<Record<string, string>>;

/** @param auth headers that carry the secret, in the API's own form */
export function createRequestHeaders(
  auth: (secret: string, kind: Credential['kind']) => Headers,
  always: Headers = {},
): (route: ProviderRoute, credential: Credential, stream: boolean) => Headers {
  const known = new WeakMap<Credential, { readonly stream: Headers; readonly whole: Headers }>();
  const build = (route: ProviderRoute, { secret, kind }: Credential, stream: boolean): Headers => ({
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    // Without this an answer might be compressed, and every chunk of a stream would have to be unpacked.
    'accept-encoding': 'identity',
    ...always,
    ...(secret !== null && route.authHeader ? auth(secret, kind) : {}),
    ...route.headers,
  });
  return (route, credential, stream) => {
    let made = known.get(credential);
    if (!made)
      known.set(
        credential,
        (made = { stream: build(route, credential, true), whole: build(route, credential, false) }),
      );
    return stream ? made.stream : made.whole;
  };
}

export function bearer(secret: string): Headers {
  return { authorization: `Bearer ${secret}` };
}
