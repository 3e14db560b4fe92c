/** Which agent and which model answer (http.md §5.1), seen from the provider. */
import { describe, expect, it } from 'vitest';
import { errorOf, greeting, invalidRequest, postChat } from '../../support/chat.js';
import { answerJson } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';

const { provider, gateway } = await startWithProvider({
  behaviour: answerJson('Hello'),
  entry: { models: ['main-model', 'ops-model', 'org/with/slashes', 'hidden'].map((id) => ({ id })) },
  config: {
    agents: {
      defaults: {
        model: 'mock/main-model',
        models: { 'mock/main-model': {}, 'mock/org/with/slashes': { alias: 'slashy' } },
      },
      list: [{ id: 'main' }, { id: 'Ops', model: { primary: 'mock/ops-model' } }],
    },
  },
});

/** The model that the provider was asked for, and the name in the answer. */
async function asked(
  model: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ provider: unknown; answer: unknown }> {
  const response = await postChat(
    gateway,
    { ...greeting, ...(model === undefined ? {} : { model }) },
    headers,
  );
  expect(response.status).toBe(200);
  const { model: answer } = (await response.json()) as { model: unknown };
  return { provider: provider.calls.at(-1)?.body.model, answer };
}

describe('the name of the model', () => {
  it.each([
    'pllan',
    'openclaw',
    'PLLAN',
    'pllan/default',
    'pllan:default',
    'openclaw/default',
    'pllan/main',
    'pllan:main',
    'agent:main',
    'openclaw/main',
    'Pllan/MAIN',
    'mock/main-model',
  ])('%s is the default agent with its model, and is echoed', async (model) => {
    expect(await asked(model)).toEqual({ provider: 'main-model', answer: model });
  });

  it('that is missing is the default agent, called pllan', async () => {
    expect(await asked(undefined)).toEqual({ provider: 'main-model', answer: 'pllan' });
  });

  it.each(['pllan/ops', 'pllan:ops', 'agent:ops', 'openclaw/ops', 'agent:OPS'])(
    '%s is that agent with its own model',
    async (model) => {
      expect(await asked(model)).toEqual({ provider: 'ops-model', answer: model });
    },
  );

  it('provider/model is that model, whatever is in it', async () => {
    expect(await asked('mock/org/with/slashes')).toMatchObject({ provider: 'org/with/slashes' });
  });

  it.each([
    'gpt-4',
    'mock/hidden',
    'mock/none',
    'other/model',
    'pllan/',
    'pllan/not an id',
    'agent:',
    'mock/',
  ])('%s is not known: 400', async (model) => {
    expect(await errorOf(await postChat(gateway, { ...greeting, model }))).toEqual(
      invalidRequest('Invalid `model`. Use `pllan` or `pllan/<agentId>`.'),
    );
  });

  it.each(['pllan/nobody', 'agent:nobody', 'pllan:nobody'])('%s has no agent: 400', async (model) => {
    expect(await errorOf(await postChat(gateway, { ...greeting, model }))).toEqual(
      invalidRequest("Unknown agent 'nobody'."),
    );
  });
});

describe('headers', () => {
  it.each(['x-pllan-agent-id', 'x-pllan-agent', 'x-openclaw-agent-id', 'x-openclaw-agent'])(
    '%s names the agent, whatever the model says',
    async (name) => {
      expect(await asked('pllan/main', { [name]: 'Ops' })).toEqual({
        provider: 'ops-model',
        answer: 'pllan/main',
      });
      expect(await errorOf(await postChat(gateway, greeting, { [name]: 'Nobody' }))).toEqual(
        invalidRequest("Unknown agent 'nobody'."),
      );
    },
  );

  it.each(['x-pllan-model', 'x-openclaw-model'])('%s names the model', async (name) => {
    expect(await asked('pllan', { [name]: 'mock/org/with/slashes' })).toEqual({
      provider: 'org/with/slashes',
      answer: 'pllan',
    });
    expect(await asked('pllan/main', { [name]: 'mock/ops-model', 'x-pllan-agent-id': 'ops' })).toMatchObject({
      provider: 'ops-model',
    });
    for (const malformed of ['nonsense', '/x', 'mock/', 'mock/a b']) {
      expect(await errorOf(await postChat(gateway, greeting, { [name]: malformed }))).toEqual(
        invalidRequest('Invalid `x-pllan-model`.'),
      );
    }
    for (const model of ['mock/hidden', 'openai/gpt-4.1']) {
      expect(await errorOf(await postChat(gateway, greeting, { [name]: model }))).toEqual(
        invalidRequest(`Model '${model}' is not allowed for agent 'main'.`),
      );
    }
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'that say %s name nothing that there is',
    async (name) => {
      expect(await errorOf(await postChat(gateway, greeting, { 'x-pllan-agent-id': name }))).toEqual(
        invalidRequest(`Unknown agent '${name.toLowerCase()}'.`),
      );
      expect((await postChat(gateway, greeting, { 'x-pllan-model': `${name}/x` })).status).toBe(400);
    },
  );

  it('that are empty count as absent', async () => {
    expect(await asked('pllan', { 'x-pllan-agent-id': '', 'x-pllan-model': ' ' })).toMatchObject({
      provider: 'main-model',
    });
  });
});
