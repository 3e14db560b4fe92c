/** A client that goes away takes its call to the provider with it (http.md §7.3). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { bearer, greeting, postChat } from '../../support/chat.js';
import { scrape } from '../../support/metrics.js';
import { answerJson, chunk, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { openRaw, rawChat, rawRequest } from '../../support/raw-connection.js';
import { waitFor } from '../../support/wait-for.js';

const agents = {
  defaults: { model: 'mock/m-1' },
  list: [{ id: 'main' }, { id: 'local', model: 'echo/echo' }],
};
const { provider, gateway } = await startWithProvider({ config: { agents } });
afterAll(async () => {
  provider.behave(answerJson('still here'));
  expect((await postChat(gateway, greeting)).status).toBe(200);
});

function say({ response }: ProviderCall): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ content: 'Hel' }));
}

it.each([
  ['while it waits for JSON', false, () => {}],
  ['while it waits for a stream to begin', true, () => {}],
  ['in the middle of a stream', true, say],
])('%s', async (_when, stream, behaviour) => {
  const before = { calls: provider.calls.length, aborted: provider.aborted.length };
  provider.behave(behaviour);
  const leaving = new AbortController();
  const answer = fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: bearer,
    body: JSON.stringify({ ...greeting, stream }),
    signal: leaving.signal,
  });
  await waitFor('the call', () => provider.calls.length > before.calls);
  if (behaviour === say) await (await answer).body?.getReader().read();
  leaving.abort();
  await Promise.allSettled([answer]);
  await waitFor('its end', () => provider.aborted.length > before.aborted);
  expect(provider.calls.length).toBe(before.calls + 1);
});

it('many at a time, and none is left open', async () => {
  const before = provider.aborted.length;
  const calls = provider.calls.length;
  provider.behave(say);
  const leaving = new AbortController();
  const answers = Array.from({ length: 20 }, async () => {
    const init = { method: 'POST', headers: bearer, body: JSON.stringify({ ...greeting, stream: true }) };
    const response = await fetch(`${gateway.url}/v1/chat/completions`, { ...init, signal: leaving.signal });
    return response.text();
  });
  await waitFor('all calls', () => provider.calls.length >= calls + 20);
  leaving.abort();
  const ended = await Promise.allSettled(answers);
  expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
  await waitFor('their ends', () => provider.aborted.length >= before + 20);
  await waitFor('no open task', async () => (await scrape(gateway.url)).total('pllan_pool_open_tasks') === 0);
});

/** Clients in bursts that ask and are gone a few milliseconds later, wherever their requests are by then. */
async function askAndHangUp(): Promise<void> {
  const [bursts, clients] = [5, 20];
  for (let burst = 0; burst < bursts; burst += 1) {
    const connections = await Promise.all(Array.from({ length: clients }, () => openRaw(gateway.port)));
    await Promise.all(
      connections.map(async (connection, index) => {
        await connection.write(rawChat('Anyone there?', { stream: index % 2 === 0 }));
        await sleep(index % 8);
        connection.destroy();
      }),
    );
  }
}

/** A prompt for the model in the api thread itself. */
function tellThread(content: string): Promise<Response> {
  return postChat(gateway, { messages: [{ role: 'user', content }] }, { 'x-pllan-agent-id': 'local' });
}

/** Resolves when the provider has no call left that it could answer, and gets no other. */
async function expectNothingOpen(): Promise<void> {
  let looks = 0;
  await waitFor('the end of every call', async () => {
    const open = provider.calls.length - provider.calls.filter(isOver).length;
    const tasks = (await scrape(gateway.url)).total('pllan_pool_open_tasks');
    // Workers tell their numbers once a second: it has to last.
    looks = open + tasks === 0 ? looks + 1 : 0;
    return looks > 100;
  });
}

const isOver = ({ response }: ProviderCall): boolean => response.destroyed || response.writableFinished;

describe('a hundred at a time, a few milliseconds after they asked', () => {
  it('leave nothing open', async () => {
    provider.behave(answerJson('the thread is there'));
    expect((await postChat(gateway, greeting)).status).toBe(200);
    provider.behave(() => {});
    await askAndHangUp();
    await expectNothingOpen();
  });

  it('leave nothing open with a thread that is busy', async () => {
    provider.behave(() => {});
    const busy = tellThread('/block 500');
    await askAndHangUp();
    expect((await busy).status).toBe(200);
    await expectNothingOpen();
  });

  it('leave nothing open with a thread that is just starting', async () => {
    provider.behave(() => {});
    for (let round = 0; round < 3; round += 1) {
      expect((await tellThread('/exit')).status).toBe(500);
      await askAndHangUp();
    }
    await expectNothingOpen();
  });
});

it('that has asked again before it was answered: both calls end', async () => {
  const before = { calls: provider.calls.length, aborted: provider.aborted.length };
  provider.behave(() => {});
  const connection = await openRaw(gateway.port);
  await connection.write(rawChat('first') + rawChat('second'));
  await waitFor('both calls', () => provider.calls.length === before.calls + 2);
  connection.destroy();
  await waitFor('their end', () => provider.aborted.length === before.aborted + 2);
});

it('before its request is whole: the provider is not even asked', async () => {
  const calls = provider.calls.length;
  const connection = await openRaw(gateway.port);
  const headers = { 'Content-Length': '500' };
  await connection.write(rawRequest({ method: 'POST', path: '/v1/chat/completions', headers }));
  await connection.write('{"messages":[{"role":"user",');
  connection.destroy();
  provider.behave(answerJson('for another'));
  expect((await postChat(gateway, greeting)).status).toBe(200);
  expect(provider.calls.length).toBe(calls + 1);
});

describe('a call that was given up', () => {
  it('is counted as aborted, not as a failure', async () => {
    const aborted = { provider: 'mock', outcome: 'aborted' };
    await waitFor('the count', async () => {
      return (await scrape(gateway.url)).total('pllan_model_call_total', aborted) >= 23;
    });
    expect((await scrape(gateway.url)).total('pllan_model_call_total', { outcome: 'error' })).toBe(0);
  });
});
