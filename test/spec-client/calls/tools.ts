/** Tools. */
import * as v from 'valibot';
import { expect } from 'vitest';
import { text } from '../primitives.js';
import { expectOk, type Calls } from './call.js';

const groups = v.array(
  v.looseObject({
    id: text,
    label: text,
    source: text,
    tools: v.array(
      v.looseObject({
        id: text,
        label: text,
        description: v.string(),
        source: text,
        defaultProfiles: v.array(text),
      }),
    ),
  }),
);

export const toolCalls: Calls = {
  'tools.catalog': async ({ client }) => {
    const profiles = v.array(
      v.looseObject({ id: v.picklist(['minimal', 'coding', 'messaging', 'full']), label: text }),
    );
    await expectOk(client, 'tools.catalog', {}, v.looseObject({ agentId: text, profiles, groups }));
  },
  'tools.effective': async ({ client, key: sessionKey }) => {
    const effective = v.looseObject({ agentId: text, profile: text, groups });
    await expectOk(client, 'tools.effective', { sessionKey }, effective);
  },
  'tools.invoke': async ({ client }) => {
    const { payload } = await client.call('tools.invoke', { name: 'nothing-of-the-kind', args: {} });
    expect(payload).toMatchObject({
      ok: false,
      error: { code: expect.any(String), message: expect.any(String) },
    });
  },
};
