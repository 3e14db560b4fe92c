/** Vercel's AI SDK as a client, unmodified, in both of OpenAI's APIs. */
import { createOpenAI } from '@ai-sdk/openai';
import {
  embed,
  embedMany,
  generateText,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
  type LanguageModel,
} from 'ai';
import { describe, expect, it } from 'vitest';
import { answerEmbeddings, vectorOf } from '../support/embeddings.js';
import { TOKEN } from '../support/gateway.js';
import { png } from '../support/images.js';
import { answerJson, answerStream, chunk, type ProviderCall } from '../support/mock-provider.js';
import { pdf } from '../support/pdf.js';
import { startWithProvider } from '../support/provided-gateway.js';
import { waitFor } from '../support/wait-for.js';

const { provider, gateway } = await startWithProvider({
  entry: { models: [{ id: 'm-1', input: ['text', 'image'] }] },
  config: { memory: { search: { provider: 'mock', model: 'embed-1' } } },
});
const openai = createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: TOKEN });

/** What the model was shown last. */
function shown(): { readonly role: string; readonly content: unknown }[] {
  return provider.calls.at(-1)?.body.messages as { role: string; content: unknown }[];
}

/** Asks for the weather once, then says what it is told. */
function callWeather(call: ProviderCall): void {
  const messages = call.body.messages as { role: string; content: string }[];
  const told = messages.findLast(({ role }) => role === 'tool');
  const asked = {
    id: 'call_1',
    type: 'function',
    function: { name: 'weather', arguments: '{"city":"Bern"}' },
  };
  if (told) {
    answerStream([`It is ${told.content}`])(call);
  } else if (call.body.stream === true) {
    call.response.writeHead(200, { 'content-type': 'text/event-stream' });
    call.response.write(chunk({ tool_calls: [{ index: 0, ...asked }] }));
    call.response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
  } else {
    const message = { role: 'assistant', content: null, tool_calls: [asked] };
    call.response.writeHead(200, { 'content-type': 'application/json' });
    call.response.end(
      JSON.stringify({
        choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      }),
    );
  }
}

const apis: readonly (readonly [string, LanguageModel])[] = [
  ['chat', openai.chat('pllan')],
  ['responses', openai.responses('pllan')],
];

describe.each(apis)('the %s model', (_api, model) => {
  it('generates text', async () => {
    provider.behave(answerJson('Hello there'));
    const { text, finishReason, usage } = await generateText({
      model,
      system: 'Be brief.',
      prompt: 'Hi',
      temperature: 0.5,
      maxOutputTokens: 50,
      maxRetries: 0,
    });
    expect([text, finishReason]).toEqual(['Hello there', 'stop']);
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    expect(shown()).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(provider.calls.at(-1)?.body).toMatchObject({ temperature: 0.5 });
  });

  it('streams text', async () => {
    provider.behave(answerStream(['Hel', 'lo', ' world']));
    const result = streamText({ model, prompt: 'Hi', maxRetries: 0, onError: ({ error }) => void error });
    const parts: string[] = [];
    for await (const part of result.textStream) parts.push(part);
    expect(parts.join('')).toBe('Hello world');
    expect(parts.length).toBeGreaterThan(1);
    expect(await result.finishReason).toBe('stop');
    expect(await result.usage).toMatchObject({ inputTokens: 3, outputTokens: 3 });
  });

  it('is aborted', async () => {
    const before = provider.aborted.length;
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'Hel' }));
    });
    const leaving = new AbortController();
    const result = streamText({
      model,
      prompt: 'Hi',
      maxRetries: 0,
      abortSignal: leaving.signal,
      onError: ({ error }) => void error,
    });
    for await (const part of result.textStream) {
      expect(part).toBe('Hel');
      leaving.abort();
    }
    await waitFor('the end of its call', () => provider.aborted.length > before);
  });

  const tools = {
    weather: tool({
      description: 'What the weather is',
      inputSchema: jsonSchema<{ city: string }>({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      }),
      execute: ({ city }) => `sunny in ${city}`,
    }),
  };

  it('has tools, and goes on with what they give', async () => {
    provider.behave(callWeather);
    const { text, steps } = await generateText({
      model,
      prompt: 'How is it in Bern?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(text).toContain('sunny in Bern');
    expect(steps).toHaveLength(2);
    expect(steps[0]?.finishReason).toBe('tool-calls');
    expect(
      shown()
        .map(({ role }) => role)
        .slice(-3),
    ).toEqual(['user', 'assistant', 'tool']);
  });

  it('has tools when it streams', async () => {
    provider.behave(callWeather);
    const result = streamText({
      model,
      prompt: 'How is it in Bern?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(await result.text).toContain('sunny in Bern');
    expect(await result.steps).toHaveLength(2);
  });

  it('sees images', async () => {
    provider.behave(answerJson('A picture'));
    const image = png(500);
    const { text } = await generateText({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', image },
          ],
        },
      ],
      maxRetries: 0,
    });
    expect(text).toBe('A picture');
    expect(JSON.stringify(shown())).toContain(image.toString('base64'));
  });

  it('is told what is wrong', async () => {
    const attempt = generateText({
      model,
      prompt: 'Hi',
      headers: { 'x-pllan-agent-id': 'ghost' },
      maxRetries: 0,
    });
    await expect(attempt).rejects.toMatchObject({
      statusCode: 400,
      message: "Unknown agent 'ghost'.",
      isRetryable: false,
    });
  });

  it('tries again after a failure that may pass', async () => {
    let calls = 0;
    provider.behave((call) => {
      calls += 1;
      if (calls > 1) answerJson('At last')(call);
      else call.response.writeHead(500).end();
    });
    expect((await generateText({ model, prompt: 'Hi' })).text).toBe('At last');
    expect(calls).toBe(2);
  });
});

it.each([
  ['chat', openai.chat('pllan'), {}],
  // It refers to earlier answers by their ids …
  ['responses', openai.responses('pllan'), {}],
  // … or sends them again.
  ['responses, unstored,', openai.responses('pllan'), { openai: { store: false } }],
])('a conversation goes on with the %s model', async (_api, model, providerOptions) => {
  provider.behave(answerJson('Hello there'));
  const options = { model, providerOptions, maxRetries: 0 };
  const first = { role: 'user', content: 'Hi' } as const;
  const { response } = await generateText({ ...options, messages: [first] });
  const messages = [first, ...response.messages, { role: 'user', content: 'And?' } as const];
  await generateText({ ...options, messages });
  expect(shown()).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello there' },
    { role: 'user', content: 'And?' },
  ]);
});

it('files are read by the responses model', async () => {
  provider.behave(answerJson('A report'));
  const data = pdf(['the quarterly report']);
  await generateText({
    model: openai.responses('pllan'),
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'file', data, mediaType: 'application/pdf', filename: 'report.pdf' },
        ],
      },
    ],
    maxRetries: 0,
  });
  expect(JSON.stringify(shown()[0])).toContain('the quarterly report');
});

describe('embeddings', () => {
  const model = openai.embedding('pllan');

  it('of one text', async () => {
    provider.behave(answerEmbeddings());
    const { embedding, usage } = await embed({ model, value: 'abc', maxRetries: 0 });
    expect(embedding).toEqual(vectorOf('abc', 0));
    expect(usage).toEqual({ tokens: 2 });
  });

  it('of many', async () => {
    provider.behave(answerEmbeddings());
    const values = ['a', 'bc', 'def'];
    const { embeddings } = await embedMany({ model, values, maxRetries: 0 });
    expect(embeddings).toEqual(values.map(vectorOf));
  });
});
