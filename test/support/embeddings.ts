/** Requests to `/v1/embeddings`, and a provider that makes them. */
import { bearer } from './chat.js';
import type { TestGateway } from './gateway.js';
import { answerStatus, type ProviderCall } from './mock-provider.js';

export function postEmbeddings(
  { url }: Pick<TestGateway, 'url'>,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** The embedding of a text: its length, half of it, and its place. All of them are whole in float32. */
export function vectorOf(text: string, index: number): number[] {
  return [text.length, text.length / 2, index];
}

export function inBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((number, n) => bytes.writeFloatLE(number, n * 4));
  return bytes.toString('base64');
}

/** The last first, since providers need not keep the order. @param always a form that is used whatever is asked for */
export function answerEmbeddings(always?: 'float' | 'base64'): (call: ProviderCall) => void {
  return (call) => {
    const { input, encoding_format: asked } = call.body as { input: string[]; encoding_format: string };
    const data = input.map((text, index) => {
      const vector = vectorOf(text, index);
      const embedding = (always ?? asked) === 'base64' ? inBase64(vector) : vector;
      return { object: 'embedding', index, embedding };
    });
    const usage = { prompt_tokens: input.length * 2, total_tokens: input.length * 2 };
    answerStatus(200, { object: 'list', data: data.toReversed(), model: call.body.model, usage })(call);
  };
}
