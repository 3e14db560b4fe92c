/** The built-in tools as data, and that there is one behind each. */
import { expect, test } from 'vitest';
import { builtinDefinitions } from '../../../src/shared/tools/builtin.js';
import { createToolBox } from '../../../src/workers/threads/tools/index.js';

test('each is known by its name, with what it takes as JSON Schema', () => {
  expect(builtinDefinitions.map(({ name, group }) => `${group}/${name}`)).toEqual([
    'fs/read',
    'fs/write',
    'fs/edit',
    'fs/apply_patch',
    'fs/list',
    'fs/search',
    'web/web_fetch',
    'sessions/sessions_list',
    'sessions/sessions_history',
    'sessions/session_status',
    'sessions/agents_list',
  ]);
  for (const { name, parameters } of builtinDefinitions)
    expect(parameters, name).toMatchObject({ type: 'object', additionalProperties: false });
  expect(builtinDefinitions[0]?.parameters).toMatchObject({
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        maxLength: 4_096,
        description: 'File, relative to the workspace.',
      },
      limit: { type: 'integer', minimum: 1, maximum: 2_000 },
    },
    required: ['path'],
  });
});

test('each can be loaded, and nothing else', async () => {
  const box = createToolBox();
  const loaded = await Promise.all(builtinDefinitions.map(({ name }) => box.load(name)));
  expect(loaded.map((tool) => tool?.name)).toEqual(builtinDefinitions.map(({ name }) => name));
  for (const name of ['', 'exec', 'constructor', '__proto__', 'toString'])
    expect(await box.load(name)).toBeUndefined();
});
