/** `/metrics`: who may read it, in what form, and that it counts what happens (http.md §12). */
import { describe, expect, it } from 'vitest';
import { bearer, greeting, postChat, readStream } from '../../support/chat.js';
import { connectControl } from '../../support/control-client.js';
import { refused } from '../../support/first-frame.js';
import { startFor, TOKEN } from '../../support/gateway.js';
import { scrape, type Scrape } from '../../support/metrics.js';
import { answerStatus, answerStream } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { requestOnce } from '../../support/request-once.js';
import { waitFor } from '../../support/wait-for.js';

const SECRET_MODEL = 'm<1>';

const { provider, gateway } = await startWithProvider({
  behaviour: answerStream(['one', 'two', 'three']),
  entry: { models: [{ id: 'm-1' }, { id: SECRET_MODEL }] },
});

/** What a sample rose by, once it has risen at least that much: workers tell what they count once a second. */
async function rise(
  before: Scrape,
  name: string,
  labels: Readonly<Record<string, string>>,
  least = 1,
): Promise<number> {
  return waitFor(`${name} ${JSON.stringify(labels)}`, async () => {
    const risen = (await scrape(gateway.url)).total(name, labels) - before.total(name, labels);
    return risen >= least && risen;
  });
}

describe.each(['/metrics', '/api/diagnostics/prometheus'])('%s', (path) => {
  it('is Prometheus text for whoever has the token', async () => {
    const { status, headers, body } = await requestOnce(gateway.url + path, { headers: bearer });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of body.split('\n').filter((text) => text !== '' && !text.startsWith('#')))
      expect(line).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [-+]?(\d|Nan|Inf)/);
    expect(body).not.toContain(TOKEN);
  });

  it('is 401 for everyone else, local or not', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const { status, body } = await requestOnce(gateway.url + path, {
        headers: headers as Record<string, string>,
      });
      expect(status).toBe(401);
      expect(JSON.parse(body)).toEqual({ error: { message: 'Unauthorized', type: 'unauthorized' } });
    }
  });

  it('knows GET and HEAD only, and says so before it asks for a credential', async () => {
    const { status, headers } = await requestOnce(gateway.url + path, { method: 'POST' });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    const head = await requestOnce(gateway.url + path, { method: 'HEAD', headers: bearer });
    expect([head.status, head.body]).toEqual([200, '']);
  });
});

describe('counts', () => {
  it('requests by route, method and status, with their durations', async () => {
    const before = await scrape(gateway.url);
    await postChat(gateway, greeting);
    await postChat(gateway, '{');
    await fetch(`${gateway.url}/v1/models`, { headers: bearer });
    await fetch(`${gateway.url}/api/${Date.now()}`);
    await fetch(`${gateway.url}/v1/models`, { method: 'PROPFIND' });
    for (const labels of [
      { route: '/v1/chat/completions', method: 'POST', status: '200' },
      { route: '/v1/chat/completions', method: 'POST', status: '400' },
      { route: '/v1/models', method: 'GET', status: '200' },
      { route: 'none', method: 'GET', status: '404' },
      { route: '/v1/models', method: 'other', status: '405' },
    ]) {
      expect(await rise(before, 'pllan_http_requests_total', labels)).toBe(1);
      expect(await rise(before, 'pllan_http_request_duration_seconds_count', labels)).toBe(1);
    }
  });

  it('connections given to workers, and what the pool did', async () => {
    const before = await scrape(gateway.url);
    const init = { method: 'POST', headers: bearer, body: JSON.stringify(greeting) };
    for (let i = 0; i < 3; i += 1) await requestOnce(`${gateway.url}/v1/chat/completions`, init);
    expect(await rise(before, 'pllan_handover_total', { outcome: 'taken' }, 3)).toBeGreaterThanOrEqual(3);
    for (const name of ['pllan_pool_wait_seconds_count', 'pllan_pool_run_seconds_count'])
      expect(await rise(before, name, { pool: 'api' }, 3)).toBeGreaterThanOrEqual(3);
    expect((await scrape(gateway.url)).total('pllan_worker_up', { worker: 'worker-1' })).toBe(1);
  });

  it('calls to the provider and their tokens, refused ones too', async () => {
    const before = await scrape(gateway.url);
    await readStream(await postChat(gateway, { ...greeting, stream: true }));
    const model = { provider: 'mock', model: 'm-1' };
    const ok = { ...model, outcome: 'ok', api: 'openai-completions', error_category: 'none' };
    expect(await rise(before, 'pllan_model_call_total', ok)).toBe(1);
    expect(await rise(before, 'pllan_model_call_duration_seconds_count', ok)).toBe(1);
    expect(await rise(before, 'pllan_model_tokens_total', { ...model, token_type: 'input' })).toBe(3);
    expect(await rise(before, 'pllan_model_tokens_total', { ...model, token_type: 'output' })).toBe(3);
    expect(
      await rise(before, 'pllan_http_time_to_first_byte_seconds_count', { route: '/v1/chat/completions' }),
    ).toBe(1);
    provider.behave(answerStatus(500, {}));
    await postChat(gateway, greeting);
    provider.behave(answerStream(['ok']));
    const failed = { ...model, outcome: 'error', error_category: 'status_500' };
    expect(await rise(before, 'pllan_model_call_total', failed)).toBe(1);
  });

  it('with labels of a fixed alphabet', async () => {
    const before = await scrape(gateway.url);
    expect((await postChat(gateway, { ...greeting, model: `mock/${SECRET_MODEL}` })).status).toBe(200);
    expect(await rise(before, 'pllan_model_call_total', { provider: 'mock', model: 'unknown' })).toBe(1);
  });

  it('refused credentials and refused sockets', async () => {
    const before = await scrape(gateway.url);
    await fetch(`${gateway.url}/v1/models`);
    expect(await rise(before, 'pllan_auth_failures_total', { reason: 'token_missing' })).toBe(1);
    await refused(gateway.wsUrl, 'nope');
    expect(await rise(before, 'pllan_ws_refused_total', { reason: 'invalid_frame' })).toBe(1);
  });

  it('WebSockets, their frames and requests', async () => {
    const before = await scrape(gateway.url);
    const client = await connectControl(gateway.wsUrl);
    await client.call('health');
    await client.call('no.such.method');
    const labels = { role: 'operator' };
    expect(await rise(before, 'pllan_ws_connections', labels)).toBe(1);
    expect(await rise(before, 'pllan_ws_requests_total', { method: 'health', outcome: 'ok' })).toBe(1);
    expect(await rise(before, 'pllan_ws_requests_total', { method: 'unknown', outcome: 'error' })).toBe(1);
    expect(await rise(before, 'pllan_ws_request_duration_seconds_count', { method: 'health' })).toBe(1);
    expect(await rise(before, 'pllan_ws_frames_total', { direction: 'in' }, 3)).toBeGreaterThanOrEqual(3);
    expect(await rise(before, 'pllan_ws_frames_total', { direction: 'out' }, 4)).toBeGreaterThanOrEqual(4);
    await client.close();
    await waitFor('the connection gone', async () => {
      return (
        (await scrape(gateway.url)).total('pllan_ws_connections', labels) ===
        before.total('pllan_ws_connections', labels)
      );
    });
  });

  it('every process by its slot, never by its pid', async () => {
    const text = await waitFor('both processes', async () => {
      const { body } = await requestOnce(`${gateway.url}/metrics`, { headers: bearer });
      return body.includes('process="worker-1"') && body.includes('process="primary"') && body;
    });
    const processes = new Set([...text.matchAll(/process="([^"]*)"/g)].map(([, name]) => name));
    expect(processes).toEqual(new Set(['primary', 'worker-1']));
  });

  it('fewer series than the bound', async () => {
    expect((await scrape(gateway.url)).samples.size).toBeLessThan(2048);
  });
});

it('diagnostics.prometheus.auth none opens it, and nothing else', async (test) => {
  const open = await startFor(test, { config: { diagnostics: { prometheus: { auth: 'none' } } } });
  expect((await requestOnce(`${open.url}/metrics`)).status).toBe(200);
  expect((await requestOnce(`${open.url}/v1/models`)).status).toBe(401);
});
