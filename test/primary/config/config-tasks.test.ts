import { describe, expect, it } from 'vitest';
import { doConfigTask } from '../../../src/primary/config/config-tasks.js';

async function answer(task: Parameters<typeof doConfigTask>[0]): Promise<Record<string, unknown>> {
  const answered = await doConfigTask(task);
  if (!('payload' in answered)) throw new Error('no payload');
  return JSON.parse(answered.payload) as Record<string, unknown>;
}

describe('config.schema', () => {
  it('is JSON Schema, with hints for forms', async () => {
    const { schema, uiHints, generatedAt } = await answer({ kind: 'schema' });
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
      properties: {
        gateway: {
          properties: { port: { type: 'integer', minimum: 1, maximum: 65_535, default: 18_789 } },
        },
        models: {
          properties: {
            providers: { type: 'object', additionalProperties: { additionalProperties: false } },
          },
        },
      },
    });
    expect(uiHints).toMatchObject({
      'gateway.auth.token': { label: 'Token', sensitive: true },
      'gateway.auth.rateLimit.maxAttempts': { label: 'Max attempts' },
      'models.providers.*.headers.*': { sensitive: true },
    });
    expect(Date.parse(generatedAt as string)).not.toBeNaN();
  });
});

describe('config.schema.lookup', () => {
  it('shows one level', async () => {
    const found = await answer({ kind: 'lookup', path: 'gateway.auth' });
    expect(found).toMatchObject({ path: 'gateway.auth', schema: { type: 'object' }, reloadKind: 'restart' });
    expect(found.schema).not.toHaveProperty('properties');
    expect(found.children).toContainEqual({
      key: 'token',
      path: 'gateway.auth.token',
      type: 'string',
      required: false,
      hasChildren: false,
      hint: { label: 'Token', help: 'Shared token; then PLLAN_GATEWAY_TOKEN.', sensitive: true },
    });
  });

  it.each([
    ['', 'restart', 'gateway'],
    ['gateway.workers', 'hot', 'count'],
    ['gateway.remote', 'none', 'url'],
    ['models.providers', 'hot', '*'],
    ['models.providers.mine', 'hot', 'baseUrl'],
    ['models.providers.*.models', 'hot', '[]'],
    ['models.providers.*.models[]', 'hot', 'id'],
    ['agents.list[0]', 'none', 'model'],
    ['agents.defaults.model', 'hot', 'primary'],
  ])('%j: %s, with %s in it', async (path, reloadKind, key) => {
    const found = await answer({ kind: 'lookup', path });
    expect(found).toMatchObject({ path, reloadKind });
    expect(found.children).toContainEqual(expect.objectContaining({ key }));
  });

  it.each(['nothing', 'gateway.port.x', 'gateway[]', 'constructor', '__proto__'])(
    '%s: is none',
    async (path) => {
      await expect(doConfigTask({ kind: 'lookup', path })).resolves.toEqual({
        ok: false,
        error: { code: 'INVALID_REQUEST', message: 'config schema path not found' },
      });
    },
  );
});
