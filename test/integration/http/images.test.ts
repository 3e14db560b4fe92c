/** Images in chat completions, stateless and on a session (http.md §7.1). */
import { beforeAll, describe, expect, it } from 'vitest';
import { errorOf, invalidRequest, postChat } from '../../support/chat.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { png } from '../../support/images.js';
import { answerStream } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { answer, newKey, runTurn } from '../../support/session-calls.js';

const { provider, gateway } = await startWithProvider({
  behaviour: answerStream(['I see']),
  entry: {
    models: [
      { id: 'm-1', input: ['text', 'image'] },
      { id: 'text-only', input: ['text'] },
    ],
  },
  config: {
    gateway: {
      mode: 'local',
      auth: { mode: 'token', token: 'test-token-0123456789abcdef' },
      http: {
        endpoints: {
          chatCompletions: { maxTotalImageBytes: 5_000, images: { maxBytes: 2_000 } },
        },
      },
    },
  },
});
let client: ControlClient;
beforeAll(async () => void (client = await connectControl(gateway.wsUrl)));

const part = (url: unknown): object => ({ type: 'image_url', image_url: { url } });
const dataUrl = (bytes: Buffer, type = 'image/png'): string =>
  `data:${type};base64,${bytes.toString('base64')}`;
const picture = dataUrl(png(1_000));
const ask = (...content: readonly object[]) => ({ messages: [{ role: 'user', content }] });
const text = { type: 'text', text: 'What is it?' };

/** What the model was shown last. */
function shown(): unknown[] {
  const messages = provider.calls.at(-1)?.body.messages as { content: unknown }[];
  return messages.map(({ content }) => content);
}

const refusal = invalidRequest('Invalid image_url content in `messages`.');

describe.each([
  ['without a session', (): Record<string, string> => ({})],
  ['on a session', (): Record<string, string> => ({ 'x-pllan-session-key': newKey() })],
])('%s', (_where, headers) => {
  it('the model is shown the image beside the text', async () => {
    expect((await postChat(gateway, ask(text, part(picture)), headers())).status).toBe(200);
    expect(shown()).toEqual([[text, part(picture)]]);
  });

  it('an image needs no text, and may be named without an object', async () => {
    const body = ask({ type: 'image_url', image_url: picture });
    expect((await postChat(gateway, body, headers())).status).toBe(200);
    expect(shown()).toEqual([[part(picture)]]);
  });

  it('its bytes say what it is', async () => {
    const named = dataUrl(png(1_000), 'image/jpeg');
    expect((await postChat(gateway, ask(text, part(named)), headers())).status).toBe(200);
    expect(shown()).toEqual([[text, part(picture)]]);
  });

  it('images of earlier turns are not shown', async () => {
    const messages = [
      { role: 'user', content: [text, part('http://10.0.0.1/not-even-valid')] },
      { role: 'assistant', content: 'A dog.' },
      { role: 'user', content: 'Sure?' },
    ];
    expect((await postChat(gateway, { messages }, headers())).status).toBe(200);
    expect(shown()).toEqual(['What is it?', 'A dog.', 'Sure?']);
  });

  it('a model that takes no images refuses them', async () => {
    const response = await postChat(gateway, ask(text, part(picture)), {
      ...headers(),
      'x-pllan-model': 'mock/text-only',
    });
    expect(await errorOf(response)).toEqual(
      invalidRequest(
        'Model mock/text-only does not take images. Choose another one, or add "image" to its "input" in models.providers.mock.models.',
      ),
    );
  });

  it.each([
    ['is no text', 7],
    ['is not base64', 'data:image/png;base64,%%%'],
    ['is empty', 'data:image/png;base64,'],
    ['is not encoded in base64', 'data:image/png,abc'],
    ['is no image', dataUrl(Buffer.from('hello'), 'text/plain')],
    ['is too large', dataUrl(png(2_001))],
    ['would have to be fetched', 'https://example.com/a.png'],
    ['is a file', 'file:///etc/passwd'],
  ])('one that %s is refused', async (_what, url) => {
    expect(await errorOf(await postChat(gateway, ask(text, part(url)), headers()))).toEqual(refusal);
  });

  it('more than eight, or too many bytes together, are refused', async () => {
    const nine = Array.from({ length: 9 }, () => part(dataUrl(png(64))));
    expect(await errorOf(await postChat(gateway, ask(text, ...nine), headers()))).toEqual(refusal);
    const large = Array.from({ length: 3 }, () => part(dataUrl(png(2_000))));
    expect(await errorOf(await postChat(gateway, ask(text, ...large), headers()))).toEqual(refusal);
    expect((await postChat(gateway, ask(text, ...nine.slice(1)), headers())).status).toBe(200);
  });
});

it('are kept with their session, and shown again', async () => {
  const key = newKey();
  await postChat(gateway, ask(text, part(picture)), { 'x-pllan-session-key': key });
  const { messages } = await answer(client, 'chat.history', { sessionKey: key });
  expect(messages).toMatchObject([
    { role: 'user', content: [text, { type: 'image', bytes: 1_000 }] },
    { role: 'assistant' },
  ]);
  await runTurn(client, 'And now?', key);
  expect(shown()).toEqual([[text, part(picture)], 'I see', 'And now?']);
});

it('stay with their message while results of tools come', async () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
  const messages = [
    { role: 'user', content: [text, part(picture)] },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: 'a dog' },
  ];
  expect((await postChat(gateway, { messages })).status).toBe(200);
  expect(shown()).toEqual([[text, part(picture)], null, 'a dog']);
});
