/** Who makes the embeddings: `memory.search`, an agent's own, or the model that a request names (http.md §5.1, §6). */
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf, greeting, invalidRequest, postChat } from '../../../support/chat.js';
import { answerEmbeddings, postEmbeddings } from '../../../support/embeddings.js';
import { startMockProvider } from '../../../support/mock-provider.js';
import { startWithProvider } from '../../../support/provided-gateway.js';

const other = await startMockProvider(answerEmbeddings());
afterAll(() => other.stop());
const { provider, gateway } = await startWithProvider({
  behaviour: answerEmbeddings(),
  entry: { models: [{ id: 'm-1' }, { id: 'embed-2' }] },
  config: {
    agents: {
      defaults: { model: 'mock/m-1' },
      list: [
        { id: 'main' },
        { id: 'Larger', memory: { search: { model: 'embed-large' } } },
        {
          id: 'elsewhere',
          memory: {
            search: {
              provider: 'openai',
              remote: { baseUrl: other.baseUrl, apiKey: 'elsewhere-key-0000' },
            },
          },
        },
        { id: 'chat', model: 'echo/echo' },
      ],
    },
    memory: { search: { provider: 'mock', model: 'embed-1' } },
  },
});

/** The model and the key that a provider was asked with. */
async function asked(
  model: string,
  headers: Readonly<Record<string, string>> = {},
  from = provider,
): Promise<readonly unknown[]> {
  const calls = from.calls.length;
  const response = await postEmbeddings(gateway, { model, input: 'a' }, headers);
  expect(await response.json()).toMatchObject({ object: 'list', model });
  expect(from.calls.length).toBe(calls + 1);
  const call = from.calls.at(-1);
  return [call?.body.model, call?.request.headers.authorization];
}

const key = 'Bearer sk-provider-key-000000';

describe('are made by', () => {
  it.each([
    ['pllan', {}, 'embed-1'],
    ['openclaw/default', {}, 'embed-1'],
    ['pllan/chat', {}, 'embed-1'],
    ['agent:larger', {}, 'embed-large'],
    ['pllan', { 'x-pllan-agent-id': 'LARGER' }, 'embed-large'],
    ['pllan', { 'x-openclaw-model': 'mock/embed-2' }, 'embed-2'],
    ['mock/embed-2', {}, 'embed-2'],
    // Not in any list of models, but configured for this.
    ['mock/embed-1', {}, 'embed-1'],
    ['pllan', { 'x-pllan-model': 'mock/embed-large' }, 'embed-large'],
  ])('model %s with %o: %s', async (model, headers, used) => {
    expect(await asked(model, headers)).toEqual([used, key]);
  });

  it('an address of its own, with its key and the model that its provider usually has', async () => {
    const told = ['text-embedding-3-small', 'Bearer elsewhere-key-0000'];
    expect(await asked('pllan/elsewhere', {}, other)).toEqual(told);
    expect(await asked('openai/text-embedding-3-small', {}, other)).toEqual(told);
  });
});

describe('a model is refused', () => {
  it.each([
    ['Invalid `x-pllan-model`.', { 'x-pllan-model': 'embed' }],
    ["Model 'mock/none' is not allowed for agent 'main'.", { 'x-pllan-model': 'mock/none' }],
    [
      "Model 'echo/echo' makes no embeddings: its provider has no API for them.",
      { 'x-pllan-model': 'echo/echo' },
    ],
  ])('%s', async (message, headers) => {
    const response = await postEmbeddings(gateway, { model: 'pllan', input: 'a' }, headers);
    expect(await errorOf(response)).toEqual(invalidRequest(message));
  });

  it('that is for embeddings, where a completion is asked for', async () => {
    expect((await postChat(gateway, { ...greeting, model: 'mock/embed-large' })).status).toBe(400);
  });
});
