/** Images that come with messages: what is taken, what the model is shown, what is kept (methods.md §3). */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { attachment, png, type SentAttachment } from '../../support/images.js';
import { startFor } from '../../support/gateway.js';
import {
  answerStream,
  providerConfig,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { waitFor } from '../../support/wait-for.js';
import { answer, newKey, refusal, runTurn, runEnded } from '../../support/session-calls.js';

const seeing = {
  models: [
    { id: 'm-1', input: ['text', 'image'] },
    { id: 'text-only', input: ['text'] },
  ],
};
const { provider, gateway } = await startWithProvider({
  behaviour: answerStream(['I see']),
  entry: seeing,
});
let client: ControlClient;
beforeAll(async () => void (client = await connectControl(gateway.wsUrl)));

interface Sent {
  readonly message?: string;
  readonly attachments: readonly SentAttachment[];
}

const params = (key: string, { message = 'What is this?', attachments }: Sent) => ({
  sessionKey: key,
  message,
  attachments,
  idempotencyKey: randomUUID(),
});

async function send(key: string, sent: Sent): Promise<Frame> {
  const call = params(key, sent);
  expect(await answer(client, 'chat.send', call)).toMatchObject({ status: 'started' });
  return ended(call.idempotencyKey);
}

const ended = (runId: unknown): Promise<Frame> =>
  client.frame(
    'chat end',
    ({ event, payload }) => event === 'chat' && payload?.runId === runId && payload?.state !== 'delta',
  );

/** Contents of the messages of the newest request. */
function shown({ calls }: MockProvider): unknown[] {
  const { body } = calls.at(-1) as ProviderCall;
  return (body.messages as { content: unknown }[]).map(({ content }) => content);
}

const part = (image: Buffer, mimeType = 'image/png'): object => ({
  type: 'image_url',
  image_url: { url: `data:${mimeType};base64,${image.toString('base64')}` },
});

describe('an image', () => {
  it.each([
    ['a small one', 68],
    ['a large one', 5_000_000],
  ])('%s reaches the model, and history tells its size', async (_what, bytes) => {
    const key = newKey();
    const image = png(bytes);
    await send(key, { attachments: [attachment(image)] });
    expect(shown(provider)).toEqual([[{ type: 'text', text: 'What is this?' }, part(image)]]);
    const { messages } = await answer(client, 'chat.history', { sessionKey: key });
    expect((messages as { content: unknown }[])[0]?.content).toEqual([
      { type: 'text', text: 'What is this?' },
      { type: 'image', omitted: true, bytes },
    ]);
  });

  it('may come as a data URL, without a message, with a type that is wrong', async () => {
    const image = png(100);
    const content = `data:image/gif;base64,${image.toString('base64')}`;
    await send(newKey(), { message: '', attachments: [{ content, mimeType: 'application/octet-stream' }] });
    expect(shown(provider)).toEqual([[part(image)]]);
  });

  it('is shown again in later turns', async () => {
    const key = newKey();
    const twice = [attachment(png(80)), attachment(png(80))];
    await send(key, { message: 'first', attachments: twice });
    await send(key, { message: 'second', attachments: [attachment(png(70))] });
    const [first, , second] = shown(provider);
    expect(first).toEqual([{ type: 'text', text: 'first' }, part(png(80)), part(png(80))]);
    expect(second).toEqual([{ type: 'text', text: 'second' }, part(png(70))]);
  });

  it('that comes again with its key runs nothing', async () => {
    const call = params(newKey(), { attachments: [attachment(png(90))] });
    await answer(client, 'chat.send', call);
    await ended(call.idempotencyKey);
    const before = provider.calls.length;
    expect(await answer(client, 'chat.send', call)).toMatchObject({ status: 'ok' });
    expect(provider.calls).toHaveLength(before);
  });

  it('stays with its message when several become one run', async () => {
    const key = newKey();
    const held: ProviderCall[] = [];
    provider.behave((call) => void held.push(call));
    const first = params(key, { message: 'one', attachments: [] });
    await answer(client, 'chat.send', first);
    const active = await waitFor('the first turn', () => held[0]);
    const calls = [70, 90].map((bytes) => ({
      ...params(key, { message: String(bytes), attachments: [attachment(png(bytes))] }),
      queueMode: 'collect',
    }));
    for (const call of calls) await answer(client, 'chat.send', call);
    provider.behave(answerStream(['I see']));
    answerStream(['first'])(active);
    await Promise.all(calls.map((call) => ended(call.idempotencyKey)));
    expect(shown(provider).slice(2)).toEqual(
      [70, 90].map((bytes) => [{ type: 'text', text: String(bytes) }, part(png(bytes))]),
    );
  });

  it('of a message that waits is kept when the gateway is killed', async (test) => {
    const own = await startWithProvider({ behaviour: () => {}, entry: seeing }, test.onTestFinished);
    const { stateDir } = own.gateway;
    const before = await connectControl(own.gateway.wsUrl);
    const key = newKey();
    await answer(before, 'chat.send', params(key, { attachments: [attachment(png(70))] }));
    const waiting = { ...params(key, { attachments: [attachment(png(90))] }), queueMode: 'followup' };
    await answer(before, 'chat.send', waiting);
    own.gateway.child.kill('SIGKILL');
    await own.gateway.exited;
    const again = await startFor(test, { stateDir, config: providerConfig(own.provider.baseUrl, seeing) });
    const after = await connectControl(again.wsUrl);
    const { messages } = await answer(after, 'chat.history', { sessionKey: key });
    expect((messages as { content: unknown[] }[]).map(({ content }) => content[1])).toEqual(
      [70, 90].map((bytes) => ({ type: 'image', omitted: true, bytes })),
    );
    own.provider.behave(answerStream(['I see']));
    await runTurn(after, 'And?', key);
    expect(shown(own.provider).slice(0, 2)).toEqual(
      [70, 90].map((bytes) => [{ type: 'text', text: 'What is this?' }, part(png(bytes))]),
    );
  });

  it.each([
    ['agent', (key: string) => ({ sessionKey: key, message: 'Look', idempotencyKey: randomUUID() })],
    ['sessions.create', (key: string) => ({ key, message: 'Look', idempotencyKey: randomUUID() })],
  ])('comes with %s too', async (method, make) => {
    const image = png(200);
    const sent = { ...make(newKey()), attachments: [attachment(image)] };
    await answer(client, method, sent);
    expect(await runEnded(client, sent.idempotencyKey)).toMatchObject({
      status: 'ok',
    });
    expect(shown(provider)).toEqual([[{ type: 'text', text: 'Look' }, part(image)]]);
  });

  it('comes with sessions.send and behind /new', async () => {
    const key = newKey();
    const image = png(300);
    await answer(client, 'sessions.create', { key });
    const sent = {
      key,
      message: '/new Look',
      idempotencyKey: randomUUID(),
      attachments: [attachment(image)],
    };
    await answer(client, 'sessions.send', sent);
    expect(await runEnded(client, sent.idempotencyKey)).toMatchObject({
      status: 'ok',
    });
    expect(shown(provider)).toEqual([[{ type: 'text', text: 'Look' }, part(image)]]);
  });
});

describe('a model that takes text only', () => {
  it('ends the run with what to do about it, and later is told that an image is missing', async () => {
    const key = newKey();
    await answer(client, 'sessions.patch', { key, model: 'mock/text-only' });
    const end = await send(key, { attachments: [attachment(png(80))] });
    expect(end.payload).toMatchObject({
      state: 'error',
      errorMessage:
        'Model mock/text-only does not take images. Choose another one, or add "image" to its "input" in models.providers.mock.models.',
    });
    expect((await send(key, { message: 'And now?', attachments: [] })).payload?.state).toBe('final');
    expect(shown(provider)).toEqual(['What is this?\n[1 of 1 images left out]', 'And now?']);
  });
});

describe('what is refused', () => {
  const big = png(6_291_457);
  it.each([
    [
      'an image that is too large',
      [attachment(png(10)), attachment(big, { fileName: 'big.png' })],
      'attachment big.png: exceeds size limit (6291457 > 6291456 bytes)',
    ],
    [
      'a type that no model takes',
      [{ type: 'file', mimeType: 'application/pdf', content: Buffer.from('%PDF-1.7').toString('base64') }],
      'attachment file: unsupported mime type application/pdf (use image/jpeg, image/png, image/gif, image/webp, image/heic, image/heif)',
    ],
    ['no content', [{ mimeType: 'image/png' }], 'attachment attachment-1: content must be a base64 string'],
    ['empty content', [attachment(Buffer.alloc(0))], 'attachment attachment-1: content must not be empty'],
    [
      'no base64',
      [attachment(png(9), { content: 'no base64!' })],
      'attachment attachment-1: invalid base64 content',
    ],
  ])('%s', async (_what, attachments, message) => {
    const key = newKey();
    expect(await refusal(client, 'chat.send', params(key, { attachments }))).toBe(
      `INVALID_REQUEST ${message}`,
    );
    expect(await refusal(client, 'agent', params(key, { attachments }))).toBe(`INVALID_REQUEST ${message}`);
    expect(await answer(client, 'chat.history', { sessionKey: key })).toMatchObject({ messages: [] });
  });

  it('neither message nor attachment', async () => {
    expect(await refusal(client, 'chat.send', params(newKey(), { message: ' ', attachments: [] }))).toBe(
      'INVALID_REQUEST message or attachment required',
    );
  });
});
