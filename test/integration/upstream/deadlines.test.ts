/** A provider that is late: each deadline, with true statuses while no head is out (http.md §7.2, §7.3). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream } from '../../support/chat.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import {
  answerStream,
  chunk,
  providerConfig,
  startMockProvider,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';

const timedOut = {
  status: 504,
  type: 'upstream_timeout',
  message: 'The model provider did not answer in time',
};
const told = { message: 'internal error', type: 'api_error', code: 'upstreamTimeout' };
const eventStream = { 'content-type': 'text/event-stream' };

let provider: MockProvider;
/** Its provider has 600 ms for the first byte, less than the head of a stream waits, and a second between two pieces. */
let impatient: TestGateway;
/** Its turns have one second. */
let brief: TestGateway;
/** Waits as long as gateways do by default. */
let patient: TestGateway;

beforeAll(async () => {
  provider = await startMockProvider();
  const timeouts = { firstByteMs: 600, idleMs: 1_000 };
  const plain = providerConfig(provider.baseUrl) as { models: object; agents: { defaults: object } };
  [impatient, brief, patient] = await Promise.all([
    startGateway({ config: providerConfig(provider.baseUrl, { timeouts }) }),
    startGateway({
      config: { ...plain, agents: { defaults: { ...plain.agents.defaults, timeoutSeconds: 1 } } },
    }),
    startGateway({ config: plain }),
  ]);
});
afterAll(async () => {
  provider.behave(answerStream(['still ', 'here']));
  for (const gateway of [impatient, brief, patient])
    expect((await postChat(gateway, greeting)).status).toBe(200);
  await Promise.all([impatient.stop(), brief.stop(), patient.stop()]);
  await provider.stop();
});

/** Speaks until the other end has had enough. */
function endless({ response }: ProviderCall): void {
  response.writeHead(200, eventStream);
  const timer = setInterval(() => response.write(chunk({ content: 'and ' })), 50);
  response.once('close', () => clearInterval(timer));
}

async function cancels(ask: () => Promise<unknown>): Promise<void> {
  const before = provider.aborted.length;
  await ask();
  await waitFor('the call to be given up', () => provider.aborted.length > before);
}

describe('the first byte', () => {
  it.each([false, true])(
    'that does not come is 504, and the call is given up (stream: %s)',
    async (stream) => {
      provider.behave(() => {});
      await cancels(async () => {
        expect(await errorOf(await postChat(impatient, { ...greeting, stream }))).toEqual(timedOut);
      });
    },
  );
});

describe('silence', () => {
  it('in the middle of a JSON answer is 504', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"choices":');
    });
    await cancels(async () => {
      expect(await errorOf(await postChat(impatient, greeting))).toEqual(timedOut);
    });
  });

  it('in the middle of a stream ends it with an error', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, eventStream);
      response.write(chunk({ content: 'Hel' }));
    });
    await cancels(async () => {
      const { chunks, text, done } = await readStream(
        await postChat(impatient, { ...greeting, stream: true }),
      );
      expect(text).toBe('Hel');
      expect(chunks.at(-1)).toEqual({ error: told });
      expect(done).toBe(1);
    });
  });

  it('that is shorter than the deadline is none, however long it all takes', async () => {
    const pieces = 24;
    provider.behave(({ response }) => {
      response.writeHead(200, eventStream);
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        response.write(sent % 2 === 0 ? chunk({ content: 'x' }) : ': still thinking\n\n');
        if (sent < pieces) return;
        clearInterval(timer);
        response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
      }, 60);
    });
    const { text, done } = await readStream(await postChat(impatient, { ...greeting, stream: true }));
    expect([text, done]).toEqual(['x'.repeat(pieces / 2), 1]);
  });
});

describe('a stream in which the model has said that it is done', () => {
  const finished = `${chunk({ content: 'Done' })}${chunk({}, 'stop')}`;

  it('ends well when the provider neither says more nor ends it', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, eventStream);
      response.write(finished);
    });
    await cancels(async () => {
      const { text, done, chunks } = await readStream(await postChat(patient, { ...greeting, stream: true }));
      expect([text, done]).toEqual(['Done', 1]);
      expect(chunks.some((one) => 'error' in one)).toBe(false);
    });
  });

  it('ends well when the provider breaks it off', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, eventStream);
      response.write(finished, () => response.destroy());
    });
    const { text, done, chunks } = await readStream(await postChat(patient, { ...greeting, stream: true }));
    expect([text, done]).toEqual(['Done', 1]);
    expect(chunks.some((one) => 'error' in one)).toBe(false);
  });
});

describe('agents.defaults.timeoutSeconds', () => {
  it('is 504 for a JSON answer that takes longer, whatever comes meanwhile', async () => {
    provider.behave(endless);
    await cancels(async () => {
      expect(await errorOf(await postChat(brief, greeting))).toEqual(timedOut);
    });
  });

  it('ends a stream that takes longer with an error', async () => {
    provider.behave(endless);
    await cancels(async () => {
      const { chunks, text, done } = await readStream(await postChat(brief, { ...greeting, stream: true }));
      expect(text).toMatch(/^and and /);
      expect(chunks.at(-1)).toEqual({ error: told });
      expect(done).toBe(1);
    });
  });
});

describe('the head of a stream', () => {
  it('comes after a second even from a provider that says nothing yet; what follows is told in the stream', async () => {
    let call: ProviderCall | undefined;
    provider.behave((made) => (call = made));
    const response = await postChat(patient, { ...greeting, stream: true });
    expect(response.status).toBe(200);
    expect(call?.response.headersSent).toBe(false);
    call?.response.writeHead(429, { 'retry-after': '9' }).end('{}');
    const { chunks, done } = await readStream(response);
    expect(chunks[0]?.choices?.[0]?.delta).toEqual({ role: 'assistant' });
    expect(chunks.slice(1)).toEqual([{ error: { ...told, code: 'upstreamRateLimit' } }]);
    expect(done).toBe(1);
  });

  it('that came early is followed by the answer when there is one', async () => {
    let call: ProviderCall | undefined;
    provider.behave((made) => (call = made));
    const response = await postChat(patient, { ...greeting, stream: true });
    if (call) answerStream(['bet', 'ter late'])(call);
    const { chunks, text, done } = await readStream(response);
    expect([text, done]).toEqual(['better late', 1]);
    expect(chunks.filter(({ choices }) => choices?.[0]?.delta.role !== undefined)).toHaveLength(1);
  });
});
