/** Secrets that the config points at. */
import * as v from 'valibot';
import { expect } from 'vitest';
import { natural, text } from '../primitives.js';
import { expectOk, type Calls } from './call.js';

const Reloaded = v.strictObject({ ok: v.literal(true), warningCount: natural });

const Resolved = v.strictObject({
  ok: v.literal(true),
  assignments: v.array(v.strictObject({ path: text, pathSegments: v.array(text), value: text })),
  diagnostics: v.array(text),
  inactiveRefPaths: v.array(text),
});

export const secretCalls: Calls = {
  'secrets.reload': async ({ client }) => void (await expectOk(client, 'secrets.reload', {}, Reloaded)),
  'secrets.resolve': async ({ client }) => {
    const params = { commandName: 'spec', targetIds: ['gateway.remote.token'] };
    await expectOk(client, 'secrets.resolve', params, Resolved);
    expect(await client.call('secrets.resolve', { ...params, targetIds: ['x'] })).toMatchObject({
      ok: false,
      error: {
        code: 'INVALID_REQUEST',
        message: 'invalid secrets.resolve params: unknown target id "x"',
      },
    });
  },
};
