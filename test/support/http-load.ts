/** Completions asked for without a pause, as a busy gateway has them. */
import type { TestGateway } from './gateway.js';
import { chatRequest } from './gateway.js';
import { repeat, type Repetition } from './repeat.js';

/** Each loop keeps its connection. Results are the status codes; a cut connection is a failure. */
export function startHttpLoad(gateway: TestGateway, loops: number): Repetition<number> {
  return repeat(async () => {
    const response = await fetch(
      `${gateway.url}/v1/chat/completions`,
      chatRequest({ content: 'some words to repeat' }),
    );
    await response.text();
    return response.status;
  }, loops);
}
