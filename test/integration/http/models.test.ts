/** `/v1/models` and `/v1/models/{id}` (http.md §5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, errorOf } from '../../support/chat.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';

let gateway: TestGateway;
let plain: TestGateway;

beforeAll(async () => {
  const baseUrl = 'http://127.0.0.1:9/v1';
  const config = {
    models: {
      providers: {
        mock: { baseUrl, models: [{ id: 'm-1' }, { id: 'org/m-2' }] },
        other: { baseUrl, models: [{ id: 'x' }] },
      },
    },
    agents: { defaults: { model: 'mock/m-1' }, list: [{ id: 'main' }, { id: 'Ops' }] },
  };
  [gateway, plain] = await Promise.all([startGateway({ config }), startGateway()]);
});
afterAll(() => Promise.all([gateway.stop(), plain.stop()]));

const row = (id: string, owner = 'pllan') => ({
  id,
  object: 'model',
  created: 0,
  owned_by: owner,
  permission: [],
});

function get(path: string, on = gateway): Promise<Response> {
  return fetch(on.url + path, { headers: bearer });
}

describe('the list', () => {
  it('has the default, every agent, then every configured model', async () => {
    const response = await get('/v1/models');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      object: 'list',
      data: [
        row('pllan'),
        row('pllan/default'),
        row('pllan/main'),
        row('pllan/ops'),
        row('mock/m-1', 'mock'),
        row('mock/org/m-2', 'mock'),
        row('other/x', 'other'),
      ],
    });
  });

  it('of a gateway without configuration has no models but its own', async () => {
    const { data } = (await (await get('/v1/models', plain)).json()) as { data: unknown };
    expect(data).toEqual([row('pllan'), row('pllan/default'), row('pllan/main')]);
  });
});

describe('one model', () => {
  it.each([
    ['pllan', row('pllan')],
    ['pllan/main', row('pllan/main')],
    ['pllan%2Fmain', row('pllan/main')],
    ['pllan%2fops', row('pllan/ops')],
    ['pllan/default?x=1', row('pllan/default')],
    ['openclaw', row('pllan')],
    ['openclaw/main', row('pllan/main')],
    ['mock/m-1', row('mock/m-1', 'mock')],
    ['mock%2Forg%2Fm-2', row('mock/org/m-2', 'mock')],
    ['mock/org/m-2/', row('mock/org/m-2', 'mock')],
  ])('%s', async (id, expected) => {
    const response = await get(`/v1/models/${id}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(expected);
  });

  it.each([
    ['', 400, 'Missing model id.'],
    ['?a=b', 400, 'Missing model id.'],
    ['%zz', 400, 'Invalid model id encoding.'],
    ['%E0%A4%A', 400, 'Invalid model id encoding.'],
    ['gpt-4', 400, 'Invalid model id.'],
    ['a%20b', 400, 'Invalid model id.'],
    ['pllan/none', 404, "Model 'pllan/none' not found."],
    ['mock%2Fnone', 404, "Model 'mock/none' not found."],
    ['other/%3Cscript%3E', 404, "Model 'other/<script>' not found."],
  ])('%s: %i', async (id, status, message) => {
    expect(await errorOf(await get(`/v1/models/${id}`))).toEqual({
      status,
      type: 'invalid_request_error',
      message,
    });
  });
});
