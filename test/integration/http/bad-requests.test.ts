/** Requests that cannot be served get the right status and leave the gateway as it was (http.md §1, §3, §4, §7.1). */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatRequest, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'still here' }));
  expect(answer.status).toBe(200);
  await gateway.stop();
});

const authorized = { authorization: `Bearer ${TOKEN}` };

function post(body: BodyInit, headers: Record<string, string> = authorized): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  } as RequestInit);
}

async function messageOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { message: string; type: string } };
  expect(error.type).toBe('invalid_request_error');
  return error.message;
}

const ok = { messages: [{ role: 'user', content: 'Hi' }] };

describe('the body of a chat completion', () => {
  it.each([
    ['{', /^Invalid JSON/],
    ['', /^Invalid JSON/],
    ['[]', /^Invalid JSON/],
    ['"x"', /^Invalid JSON/],
    ['null', /^Invalid JSON/],
  ])('%j is no JSON object: 400', async (body, message) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await messageOf(response)).toMatch(message);
  });

  it.each([
    [{}, 'Missing user message in `messages`.'],
    [{ messages: [] }, 'Missing user message in `messages`.'],
    [{ messages: [{ role: 'system', content: 'x' }] }, 'Missing user message in `messages`.'],
    [{ messages: [{ role: 'user', content: '' }] }, 'Missing user message in `messages`.'],
    [{ messages: 'Hi' }, 'Invalid `messages`: must be array.'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, /^Invalid `messages\.0\.role`: must be one of/],
    [{ messages: [{ role: 'user', content: 7 }] }, /^Invalid `messages\.0\.content`/],
    [{ ...ok, stream: 'yes' }, 'Invalid `stream`: must be boolean.'],
    [{ ...ok, temperature: 3 }, 'Invalid `temperature`: must be <= 2.'],
    [{ ...ok, temperature: 'hot' }, 'Invalid `temperature`: must be number.'],
    [{ ...ok, top_p: -1 }, 'Invalid `top_p`: must be >= 0.'],
    [{ ...ok, presence_penalty: 9 }, 'Invalid `presence_penalty`: must be <= 2.'],
    [{ ...ok, max_tokens: 0 }, 'Invalid `max_tokens`: must be >= 1.'],
    [{ ...ok, max_tokens: 1.5 }, 'Invalid `max_tokens`: must be a whole number.'],
    [{ ...ok, stop: ['a', 'b', 'c', 'd', 'e'] }, /^Invalid `stop`/],
    [{ ...ok, model: 'gpt-none' }, 'Invalid `model`. Use `pllan` or `pllan/<agentId>`.'],
    [{ ...ok, model: 'pllan/nobody' }, "Unknown agent 'nobody'."],
    [{ ...ok, tools: [{ type: 'web_search' }] }, /^Invalid tools\/tool_choice: /],
    [{ ...ok, tool_choice: 'required' }, /^Invalid tools\/tool_choice: /],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] },
      'Invalid image_url content in `messages`.',
    ],
  ])('%j: 400', async (body, message) => {
    const response = await post(JSON.stringify(body));
    expect(response.status).toBe(400);
    const told = await messageOf(response);
    if (typeof message === 'string') expect(told).toBe(message);
    else expect(told).toMatch(message);
  });

  it('takes null for absent, and ignores fields that it does not know', async () => {
    const body = {
      ...ok,
      temperature: null,
      stop: null,
      stream: null,
      tools: null,
      user: null,
      shiny: { new: true },
    };
    expect((await post(JSON.stringify(body))).status).toBe(200);
  });

  it.each([
    'pllan',
    'pllan/default',
    'pllan/main',
    'pllan:main',
    'PLLAN/Main',
    'agent:main',
    'openclaw/main',
    'openclaw',
  ])('names the default agent with %s', async (model) => {
    const response = await post(JSON.stringify({ ...ok, model }));
    expect(await response.json()).toMatchObject({ model, choices: [{ message: { content: 'Hi' } }] });
  });

  it.each([
    [{ 'x-pllan-agent-id': 'nobody' }, "Unknown agent 'nobody'."],
    [{ 'x-openclaw-agent': 'nobody' }, "Unknown agent 'nobody'."],
    [{ 'x-pllan-model': 'nonsense' }, 'Invalid `x-pllan-model`.'],
    [{ 'x-pllan-model': 'openai/gpt-x' }, "Model 'openai/gpt-x' is not allowed for agent 'main'."],
  ])('with %j: 400', async (headers, message) => {
    const response = await post(JSON.stringify(ok), { ...authorized, ...headers });
    expect(response.status).toBe(400);
    expect(await messageOf(response)).toBe(message);
  });
});

describe('a body over the limit', () => {
  const large = Buffer.alloc(30 * 1024 * 1024, 'a');

  it('is 413 by its announced length, and the client gets to read that', async () => {
    const response = await post(large);
    expect(response.status).toBe(413);
    expect(response.headers.get('connection')).toBe('close');
    expect(await messageOf(response)).toBe('Payload too large');
  });

  it('is 413 by its counted length when none was announced', async () => {
    const answer = await within(
      '413',
      rawAnswer((socket) => {
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n`,
        );
        const piece = large.subarray(0, 1024 * 1024);
        for (let i = 0; i < 30; i += 1) {
          socket.write(`${piece.length.toString(16)}\r\n`);
          socket.write(piece);
          socket.write('\r\n');
        }
        socket.write('0\r\n\r\n');
      }),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('Payload too large');
  });
});

describe('order of the checks', () => {
  it('404 for an unknown path, as text', async () => {
    const response = await fetch(`${gateway.url}/v2/nothing`, { headers: authorized });
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
      404,
      'Not Found',
      'text/plain; charset=utf-8',
    ]);
  });

  it('405 before 401, with Allow', async () => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`);
    expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([
      405,
      'POST',
      'Method Not Allowed',
    ]);
    const models = await fetch(`${gateway.url}/v1/models`, { method: 'DELETE' });
    expect([models.status, models.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('401 before the body is looked at, with one exact body', async () => {
    const attempts: Record<string, string>[] = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Basic ${TOKEN}` },
    ];
    for (const headers of attempts) {
      const response = await post('{', headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ error: { message: 'Unauthorized', type: 'unauthorized' } });
    }
    expect((await post(JSON.stringify(ok), { authorization: `bEaReR ${TOKEN}` })).status).toBe(200);
  });

  it('ignores a query and one trailing slash', async () => {
    const response = await fetch(`${gateway.url}/v1/chat/completions/?x=1`, chatRequest({ content: 'Hi' }));
    expect(response.status).toBe(200);
  });

  it('every answer carries the security headers', async () => {
    for (const path of ['/v1/models', '/nothing', '/healthz', '/metrics']) {
      const { headers } = await fetch(`${gateway.url}${path}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('permissions-policy')).toBe('camera=(), microphone=(self), geolocation=()');
    }
  });
});

it('a body that does not come within 30 s is 408', async () => {
  const answer = await within(
    '408',
    rawAnswer((socket) => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n{"mess`,
      );
    }),
    45_000,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('Request body timeout');
});

/** Everything that comes back on a connection of its own, until the server closes it. */
function rawAnswer(send: (socket: ReturnType<typeof connect>) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => send(socket));
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      if (text.includes('}}')) {
        socket.destroy();
        resolve(text);
      }
    });
    socket.once('error', reject).once('end', () => resolve(text));
  });
}
