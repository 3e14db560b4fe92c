/** `POST /tools/invoke` (http.md §9): every row of its table of answers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { postInvoke } from '../../support/tool-calls.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    config: {
      tools: { allow: ['group:test', 'exec'], deny: ['test_large'] },
      agents: { list: [{ id: 'main' }, { id: 'other', tools: { deny: ['test_echo'] } }] },
      gateway: { workers: { count: 2 } },
    },
  });
});
afterAll(() => gateway.stop());

const echo = (more: object = {}): object => ({ tool: 'test_echo', args: { text: 'hi' }, ...more });
const said = (text: string): object => ({ ok: true, result: { content: [{ type: 'text', text }] } });
const refused = (type: string, message: string): object => ({ ok: false, error: { type, message } });

describe('a call', () => {
  it('gives what the tool gives', async () => {
    const { status, headers, body } = await postInvoke(gateway, echo());
    expect([status, body]).toEqual([200, said('hi')]);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it.each([
    [{ name: 'test_echo', args: { a: 1 } }, '{"a":1}'],
    [{ tool: 'test_echo', args: null }, '{}'],
    [{ tool: 'test_echo', dryRun: true, unknown: 1 }, '{}'],
    [{ tool: 'test_echo', sessionKey: 'main' }, '{}'],
    [{ tool: 'test_echo', sessionKey: 'agent:main:x', agentId: 'MAIN' }, '{}'],
  ])('%j', async (request, text) => {
    expect((await postInvoke(gateway, request)).body).toEqual(said(text));
  });

  it('takes an action only where the tool has one', async () => {
    expect((await postInvoke(gateway, echo({ args: {}, action: 'go' }))).body).toEqual(said('{}'));
  });
});

describe('is refused', () => {
  it.each([
    [{}, 'tools.invoke requires name'],
    [{ tool: '' }, 'tools.invoke requires name'],
    [{ tool: 7 }, 'tool must be a string'],
    [echo({ args: [] }), 'args must be an object'],
    [echo({ args: 'x' }), 'args must be an object'],
    [echo({ sessionKey: 'agent:other:x', agentId: 'main' }), 'agentId does not match sessionKey'],
    [echo({ agentId: 'nobody' }), 'unknown agent id "nobody"'],
    [echo({ sessionKey: 'agent::' }), 'malformed session key "agent::"'],
    [echo({ idempotencyKey: 'x'.repeat(257) }), 'idempotencyKey must have at most 256 characters'],
  ])('400 invalid_request: %j', async (request, message) => {
    const { status, body } = await postInvoke(gateway, request);
    expect([status, body]).toEqual([400, refused('invalid_request', message)]);
  });

  it('400 when the tool does not take its arguments', async () => {
    const { status, body } = await postInvoke(gateway, { tool: 'test_input' });
    expect([status, body]).toEqual([400, refused('tool_error', 'test_input takes nothing')]);
  });

  it.each([
    ['nothing', {}],
    ['test_large', {}],
    ['exec', { args: { command: 'ls' } }],
    ['test_echo', { agentId: 'other' }],
    ['__proto__', {}],
  ])('404 whether there is none or policy leaves it out: %s', async (tool, more) => {
    const { status, body } = await postInvoke(gateway, { tool, ...more });
    expect([status, body]).toEqual([404, refused('not_found', `Tool not available: ${tool}`)]);
  });

  it('500 when the tool fails, and says why in the log only', async () => {
    const { status, body } = await postInvoke(gateway, { tool: 'test_throw' });
    expect([status, body]).toEqual([500, refused('tool_error', 'tool execution failed')]);
  });

  it.each(['', '{', '[]', '7', 'null'])('400 for what is no JSON object: %s', async (text) => {
    const { status, body } = await postInvoke(gateway, text);
    expect(status).toBe(400);
    expect(body).toEqual({
      error: { type: 'invalid_request_error', message: 'Invalid JSON: body must be an object' },
    });
  });

  it('401 without a credential, 405 for other methods', async () => {
    const bare = await fetch(`${gateway.url}/tools/invoke`, { method: 'POST', body: '{}' });
    expect(bare.status).toBe(401);
    const get = await fetch(`${gateway.url}/tools/invoke`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('413 above 2 MB', async () => {
    const { status, body } = await postInvoke(gateway, echo({ args: { text: 'x'.repeat(2_097_152) } }));
    expect(status).toBe(413);
    expect(body).toEqual({ error: { type: 'invalid_request_error', message: 'Payload too large' } });
    const fits = await postInvoke(gateway, echo({ args: { text: 'x'.repeat(2_097_000) } }));
    expect(fits.status).toBe(200);
  });
});

describe('an idempotency key', () => {
  const wait = (say: string, ms = 0): object => ({ tool: 'test_wait', args: { ms, say } });

  it.each([
    ['in the body', (key: string) => [{ ...wait('one'), idempotencyKey: key }, {}] as const],
    ['in a header', (key: string) => [wait('one'), { 'idempotency-key': key }] as const],
  ])('%s answers a repeat as the first, whichever worker gets it', async (_where, made) => {
    const [request, headers] = made(`key-${_where}`);
    const answers = [];
    for (let n = 0; n < 6; n += 1) answers.push(await postInvoke(gateway, request, headers));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      Array.from({ length: 6 }, () => [200, said('one')]),
    );
  });

  it('is refused for another body, and while the first is running', async () => {
    const headers = { 'idempotency-key': 'busy' };
    // Whichever comes first runs; the others come while it does.
    const calls = [1, 2, 3].map(() => postInvoke(gateway, wait('slow', 2_000), headers));
    const refusals = calls.map(async (call) => (await call).status === 409 || Promise.reject(new Error()));
    await Promise.any(refusals);
    const other = await postInvoke(gateway, wait('other'), headers);
    expect(other.body).toMatchObject({ ok: false, error: { type: 'idempotency_mismatch' } });
    expect(other.status).toBe(422);
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(2);
    expect(answers.find(({ status }) => status === 200)?.body).toEqual(said('slow'));
    expect((await postInvoke(gateway, wait('slow', 2_000), headers)).body).toEqual(said('slow'));
  });

  it('also keeps a failure', async () => {
    const request = { tool: 'test_throw', idempotencyKey: 'fails' };
    expect((await postInvoke(gateway, request)).status).toBe(500);
    expect((await postInvoke(gateway, request)).status).toBe(500);
    const other = { tool: 'test_echo', idempotencyKey: 'fails' };
    expect((await postInvoke(gateway, other)).status).toBe(422);
  });
});
