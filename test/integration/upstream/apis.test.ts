/** Providers of every API, through a gateway; and what their answers cost. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { greeting, postChat, readStream } from '../../support/chat.js';
import { connectControl } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { startMockProvider, type MockProvider, type ProviderCall } from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';

/** Per million tokens. */
const cost = { input: 1_000_000, output: 2_000_000, cacheRead: 500_000 };

let provider: MockProvider;
let gateway: TestGateway;

beforeAll(async () => {
  provider = await startMockProvider();
  const entry = (api: string) => ({ api, baseUrl: provider.baseUrl, models: [{ id: 'm', cost }] });
  const providers = { claude: entry('anthropic-messages'), gpt: entry('openai-responses') };
  gateway = await startGateway({ config: { models: { providers } } });
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

/** Answers in one piece or as a stream, whichever was asked for. */
function answers(whole: object, ...events: readonly object[]): (call: ProviderCall) => void {
  return ({ body, response }) => {
    response.writeHead(200, { 'content-type': body.stream ? 'text/event-stream' : 'application/json' });
    if (!body.stream) response.end(JSON.stringify(whole));
    else response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
  };
}

const claude = answers(
  {
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 4 },
  },
  { type: 'message_start', message: { usage: { input_tokens: 3, cache_read_input_tokens: 4 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
);
const response = {
  status: 'completed',
  output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }],
  usage: { input_tokens: 7, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } },
};
const gpt = answers(
  response,
  { type: 'response.output_item.added', output_index: 0, item: { type: 'message' } },
  { type: 'response.output_text.delta', output_index: 0, delta: 'Hello' },
  { type: 'response.completed', response },
);

it.each([
  ['claude/m', '/v1/messages', claude],
  ['gpt/m', '/v1/responses', gpt],
] as const)('%s answers, whole and streamed', async (model, path, behaviour) => {
  provider.behave(behaviour);
  const answer = await (await postChat(gateway, { ...greeting, model })).json();
  expect(provider.calls.at(-1)?.request.url).toBe(path);
  expect(answer).toMatchObject({
    choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
  });
  const { text, done } = await readStream(await postChat(gateway, { ...greeting, model, stream: true }));
  expect([text, done]).toEqual(['Hello', 1]);
});

it('usage.cost has stateless completions, too', async () => {
  const client = await connectControl(gateway.wsUrl);
  await waitFor('the cost of four answers', async () => {
    const { payload } = await client.call('usage.cost');
    const { totals } = payload as { totals: { totalTokens: number; totalCost: number } };
    return totals.totalTokens === 36 && Math.abs(totals.totalCost - 36) < 1e-6;
  });
});
