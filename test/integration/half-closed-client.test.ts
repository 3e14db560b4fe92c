/** A client that ends its sending side may wait for its answer or be gone; both get what is right for them. */
import { describe, expect, it } from 'vitest';
import { startFor } from '../support/gateway.js';
import { chunk } from '../support/mock-provider.js';
import { startWithProvider } from '../support/provided-gateway.js';
import { openRaw, rawChat, rawRequest } from '../support/raw-connection.js';
import { waitFor, within } from '../support/wait-for.js';

describe('a client that ends its sending side after the request', () => {
  it('still gets its answer', async (test) => {
    const gateway = await startFor(test);
    const expectAnswer = async (bytes: string, expected: string): Promise<void> => {
      const connection = await openRaw(gateway.port);
      test.onTestFinished(() => connection.destroy());
      await connection.write(bytes);
      connection.halfClose();
      await within(`end of the connection that asked for ${expected}`, connection.ended);
      for (const { status } of connection.answers()) expect(status).toBe(200);
      expect(connection.answers().at(-1)?.body).toContain(expected);
    };
    await Promise.all([
      expectAnswer(rawChat('/wait 700'), 'done /wait 700'),
      expectAnswer(rawChat('quick'), 'quick'),
      expectAnswer(rawChat('/trickle 3 400', { stream: true }), 'data: [DONE]'),
      expectAnswer(`${rawChat('/wait 300')}${rawChat('second')}`, 'second'),
      expectAnswer(rawRequest({ path: '/healthz' }), '"status":"live"'),
      expectAnswer(rawRequest({ path: '/metrics' }), 'process_cpu_seconds_total'),
    ]);
  });
});

describe('a client that is gone', () => {
  it.for([
    ['before its answer', false],
    ['in a stream that is silent', true],
  ] as const)('is not worked for any longer: %s', async ([, stream], test) => {
    const { provider, gateway } = await startWithProvider(
      {
        behaviour({ response }) {
          if (!stream) return;
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(chunk({ content: 'a' }));
        },
      },
      test.onTestFinished,
    );
    const connection = await openRaw(gateway.port);
    await connection.write(rawChat('to be continued', { stream }));
    await waitFor('the call', () => provider.calls.length === 1);
    if (stream) await waitFor('the first word', () => connection.received().includes('"content":"a"'));
    connection.destroy();
    await waitFor('end of the call', () => provider.aborted.length === 1);
  });
});
