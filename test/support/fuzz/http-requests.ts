/** Requests for every endpoint (http.md §1): mostly right ones, with every field that there is, and what surrounds them. */
import fc from 'fast-check';
import { TOKEN } from '../gateway.js';
import { HOOK_TOKEN } from '../hooks.js';
import {
  chatBody,
  embeddingBody,
  few,
  hookBody,
  model,
  responseBody,
  sessionKey,
  some,
  toolBody,
} from './http-bodies.js';
import { messages, type Message } from './messages.js';

export type Field = readonly [name: string, value: string];

export interface HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
  readonly message: Message;
}

const inPath = sessionKey.map(encodeURIComponent);
const modelInPath = fc.oneof(model.map(encodeURIComponent), model);
const nothing = fc.constant<unknown>(undefined);

interface Endpoint {
  readonly weight: number;
  readonly method: string;
  readonly path: fc.Arbitrary<string>;
  readonly body: fc.Arbitrary<unknown>;
}

const endpoint = (
  weight: number,
  method: string,
  path: string | fc.Arbitrary<string>,
  body = nothing,
): Endpoint => ({
  weight,
  method,
  path: typeof path === 'string' ? fc.constant(path) : path,
  body,
});

const endpoints: readonly Endpoint[] = [
  endpoint(6, 'POST', '/v1/chat/completions', chatBody),
  endpoint(6, 'POST', '/v1/responses', responseBody),
  endpoint(4, 'POST', '/tools/invoke', toolBody),
  endpoint(2, 'POST', '/v1/embeddings', embeddingBody),
  endpoint(1, 'POST', '/hooks/wake', hookBody),
  endpoint(1, 'POST', '/hooks/agent', hookBody),
  endpoint(1, 'POST', fc.constantFrom('/hooks', '/hooks/none', '/hooks/mapped'), hookBody),
  endpoint(1, 'GET', '/v1/models'),
  endpoint(
    2,
    'GET',
    modelInPath.map((id) => `/v1/models/${id}`),
  ),
  endpoint(
    2,
    'GET',
    inPath.map((key) => `/sessions/${key}/history`),
  ),
  endpoint(
    1,
    'GET',
    fc.constantFrom('/sessions/main/history?limit=1', '/sessions/main/history?limit=0&cursor=x'),
  ),
  endpoint(
    1,
    'POST',
    inPath.map((key) => `/sessions/${key}/kill`),
  ),
  endpoint(2, 'GET', fc.constantFrom('/health', '/healthz', '/ready', '/readyz', '/startup', '/startupz')),
  endpoint(1, 'GET', fc.constantFrom('/metrics', '/api/diagnostics/prometheus')),
  endpoint(
    2,
    'GET',
    fc.constantFrom('/', '/index.html', '/control-ui-config.json', '/assets/none.js', '/chat'),
  ),
  endpoint(1, 'GET', fc.constantFrom('/avatar/main', '/.env', '/api/none', '/v1', '/hooks', '/plugins/x')),
];

/** Targets that are none of the above, and ways to write those. */
const changedTarget: fc.Arbitrary<(target: string) => string> = fc.oneof(
  fc
    .constantFrom(
      '/',
      '?',
      '?a=b&a',
      '//',
      '/.',
      '/..',
      '#x',
      ';x',
      '%',
      '%zz',
      '%00',
      '%ff',
      '%2f',
      '%2e%2e',
      '\u00e9',
    )
    .map((end) => (target: string) => target + end),
  fc
    .constantFrom(
      '/',
      '//x',
      '/.',
      '/x/..',
      '/%2e%2e',
      '/x/%2e%2e/..',
      '/assets/..%2f..',
      'http://x',
      'HTTPS://x:1',
      'x:1',
    )
    .map((start) => (target: string) => start + target),
  fc
    .constantFrom(
      '*',
      '/',
      'x',
      'http://',
      'http://x',
      'x:443',
      '/%',
      '//',
      '/../../etc/passwd',
      '/..%2f..%2fetc%2fpasswd',
    )
    .map((whole) => () => whole),
  fc.constantFrom(2_000, 8_000, 17_000).map((length) => (target: string) => target + 'x'.repeat(length)),
  fc.constant((target: string) =>
    target.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  ),
  fc.constant((target: string) => target.toUpperCase()),
);

/** What a request may carry without being another request. */
const plainField: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(fc.constantFrom('x-pllan-session-key', 'X-OpenClaw-Session-Key'), sessionKey),
  fc.tuple(fc.constantFrom('x-pllan-agent-id', 'x-openclaw-agent'), some('main', 'nobody', '__proto__')),
  fc.tuple(fc.constant('x-pllan-model'), some('mock/m-1', 'mock/none', 'none', '/', '__proto__/x')),
  fc.tuple(fc.constant('Idempotency-Key'), fc.constantFrom('once', 'twice', 'x'.repeat(257), '\u00e9')),
  fc.tuple(fc.constantFrom('x-pllan-message-channel', 'x-pllan-thread-id'), some('webchat', 'pigeon')),
  fc.tuple(fc.constant('x-pllan-scopes'), fc.constantFrom('', 'operator.read', ',,,')),
  fc.tuple(
    fc.constant('Content-Type'),
    fc.constantFrom(
      'application/json',
      'text/plain',
      '',
      'multipart/form-data',
      'application/json; charset=utf-16',
    ),
  ),
  fc.tuple(fc.constant('Content-Encoding'), fc.constantFrom('gzip', 'br', 'identity', 'x')),
  fc.tuple(fc.constant('Accept'), fc.constantFrom('*/*', 'text/html', '', ';;;')),
  fc.tuple(fc.constant('Accept-Encoding'), fc.constantFrom('gzip', '*;q=0')),
  fc.tuple(
    fc.constantFrom('X-Forwarded-For', 'Forwarded', 'X-Real-IP'),
    fc.constantFrom('203.0.113.9', 'for=_x', ',', '::'),
  ),
  fc.tuple(fc.constant('Origin'), fc.constantFrom('null', 'http://evil.example', 'http://127.0.0.1')),
  fc.tuple(
    fc.constantFrom('If-None-Match', 'If-Modified-Since', 'Range'),
    fc.constantFrom('*', 'bytes=0-', 'W/"x"'),
  ),
  fc.tuple(
    fc.constantFrom('__proto__', 'constructor', 'Cookie', 'X-Y'),
    fc.constantFrom('', 'a', '\u00ff', 'x'.repeat(4_000)),
  ),
);

/** What makes it another request, or none. */
const oddField: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(fc.constant('Expect'), fc.constantFrom('100-continue', '100-Continue', 'the-unexpected', '')),
  fc.tuple(fc.constant('Upgrade'), fc.constantFrom('h2c', 'websocket', 'x')),
  fc.tuple(
    fc.constant('Connection'),
    fc.constantFrom('upgrade', 'close', 'keep-alive', 'x, ,y', 'upgrade, HTTP2-Settings'),
  ),
  fc.tuple(fc.constant('Sec-WebSocket-Version'), fc.constantFrom('13', '8', 'x')),
  fc.tuple(fc.constant('Sec-WebSocket-Key'), fc.constantFrom('dGhlIHNhbXBsZSBub25jZQ==', 'x')),
  fc.tuple(fc.constant('Host'), fc.constantFrom('', 'a b', 'x'.repeat(300), '[', 'evil.example')),
  fc.tuple(fc.constantFrom('X Y', 'X\u0001', '', '\u00e9', 'X:'), fc.constant('x')),
  fc.tuple(
    fc.constant('X'),
    fc.constantFrom('a\u0000b', 'a\nb', 'a\rb', '\u0007', '\r\n folded', 'x'.repeat(17_000)),
  ),
  fc.tuple(fc.constant('No-Host'), fc.constant('')),
  fc.tuple(fc.constant('TE'), fc.constantFrom('trailers', 'x')),
  fc.tuple(fc.constant('Trailer'), fc.constant('X-After')),
);

const authorization: fc.Arbitrary<Field[]> = fc.oneof(
  { weight: 16, arbitrary: fc.constant<Field[]>([['Authorization', `Bearer ${TOKEN}`]]) },
  {
    weight: 1,
    arbitrary: few(
      fc
        .constantFrom('Bearer wrong', 'Bearer', 'bearer ', 'Basic eDp5', '', 'Bearer \u00e9')
        .map((value): Field => ['Authorization', value]),
    ),
  },
);

export const requests: fc.Arbitrary<HttpRequest> = fc
  .oneof(...endpoints.map((arbitrary) => ({ weight: arbitrary.weight, arbitrary: fc.constant(arbitrary) })))
  .chain(({ method, path, body }) =>
    fc.record({
      method: fc.oneof(
        { weight: 14, arbitrary: fc.constant(method) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            'GET',
            'HEAD',
            'POST',
            'PUT',
            'DELETE',
            'OPTIONS',
            'TRACE',
            'PATCH',
            'CONNECT',
            'PROPFIND',
          ),
        },
      ),
      target: fc.oneof(
        { weight: 8, arbitrary: path },
        { weight: 1, arbitrary: fc.tuple(path, changedTarget).map(([target, change]) => change(target)) },
      ),
      fields: fc
        .tuple(
          authorization,
          fc.oneof(
            { weight: 3, arbitrary: few(plainField, 4) },
            { weight: 1, arbitrary: few(fc.oneof(plainField, oddField)) },
          ),
        )
        .map((lists) => lists.flat()),
      message: messages(body),
    }),
  )
  .map((request) => (request.target.startsWith('/hooks') ? forHooks(request) : request));

/** With their own token, and never a wrong one: that would soon lock out all others. */
function forHooks(request: HttpRequest): HttpRequest {
  const others = request.fields.filter(([name]) => name !== 'Authorization');
  return { ...request, fields: [['Authorization', `Bearer ${HOOK_TOKEN}`], ...others] };
}
