/** The official openai client, with what is more than text: embeddings, and files. */
import OpenAI, { BadRequestError, InternalServerError } from 'openai';
import { expect, it } from 'vitest';
import { answerEmbeddings, vectorOf } from '../support/embeddings.js';
import { startFor, TOKEN } from '../support/gateway.js';
import { answerJson } from '../support/mock-provider.js';
import { pdf } from '../support/pdf.js';
import { startWithProvider } from '../support/provided-gateway.js';

const { provider, gateway } = await startWithProvider({
  config: { memory: { search: { provider: 'mock', model: 'embed-1' } } },
});
const clientOf = ({ url }: { readonly url: string }): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: TOKEN, maxRetries: 0 });
const client = clientOf(gateway);

it('gets embeddings, for which it asks in base64', async () => {
  provider.behave(answerEmbeddings());
  const { data, usage } = await client.embeddings.create({ model: 'pllan', input: ['a', 'bcd'] });
  expect(data.map(({ index, embedding }) => [index, embedding])).toEqual([
    [0, vectorOf('a', 0)],
    [1, vectorOf('bcd', 1)],
  ]);
  expect(usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
  expect(provider.calls.at(-1)?.body.encoding_format).toBe('base64');
});

it('gets embeddings as numbers', async () => {
  provider.behave(answerEmbeddings());
  const { data } = await client.embeddings.create({
    model: 'pllan/main',
    input: 'abc',
    encoding_format: 'float',
    dimensions: 3,
  });
  expect(data[0]?.embedding).toEqual(vectorOf('abc', 0));
});

it('gets typed errors for tokens, and where nobody makes embeddings', async (test) => {
  const tokens = client.embeddings.create({ model: 'pllan', input: [1, 2, 3] });
  await expect(tokens).rejects.toBeInstanceOf(BadRequestError);
  const bare = clientOf(await startFor(test));
  const attempt = bare.embeddings.create({ model: 'pllan', input: 'a' });
  await expect(attempt).rejects.toBeInstanceOf(InternalServerError);
});

it('sends files with a response', async () => {
  provider.behave(answerJson('A report'));
  const file_data = `data:application/pdf;base64,${pdf(['the quarterly report']).toString('base64')}`;
  const response = await client.responses.create({
    model: 'pllan',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_file', filename: 'report.pdf', file_data },
          { type: 'input_text', text: 'What is it?' },
        ],
      },
    ],
  });
  expect(response.output_text).toBe('A report');
  const messages = JSON.stringify(provider.calls.at(-1)?.body.messages);
  expect(messages).toContain('the quarterly report');
  expect(messages).toContain('[file: report.pdf]\\nWhat is it?');
});

it('gets a typed error for a file that is none of what can be read', async () => {
  const attempt = client.responses.create({
    model: 'pllan',
    input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:image/png;base64,eA==' }] }],
  });
  await expect(attempt).rejects.toBeInstanceOf(BadRequestError);
});
