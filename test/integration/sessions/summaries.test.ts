/** Sessions that are summarized by their model: asked for, and when the model cannot read them any more. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { answerStatus, answerStream, chunk, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { newKey, phaseOf, runAgent } from '../../support/run-story.js';
import { answer, refusal } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

const { provider, gateway } = await startWithProvider({
  config: {
    agents: { defaults: { model: 'mock/m-1', maxConcurrent: 20, compaction: { keepRecentTokens: 10 } } },
  },
});
let client: ControlClient;
beforeAll(async () => void (client = await connectControl(gateway.wsUrl)));

interface Said {
  readonly role: string;
  readonly content: string;
}

const messagesOf = ({ body }: ProviderCall): Said[] => body.messages as Said[];
const lastText = (call: ProviderCall): string => messagesOf(call).at(-1)?.content ?? '';
const isSummary = (call: ProviderCall): boolean =>
  messagesOf(call)[0]?.content.startsWith('You keep the memory') ?? false;
const shown = (): string[] => messagesOf(provider.calls.at(-1) as ProviderCall).map(({ content }) => content);

/** Answers turns with "re: …" and summaries with "S<n>". */
function behaveWell(): void {
  let summaries = 0;
  provider.behave((call) => {
    if (isSummary(call)) answerStream([`S${(summaries += 1)}`])(call);
    else answerStream([`re: ${lastText(call)}`])(call);
  });
}

/** As a model with room for so many characters. */
function behaveSmall(chars: number): void {
  provider.behave((call) => {
    const size = messagesOf(call).reduce(
      (sum, { role, content }) => sum + (role === 'system' ? 0 : content.length),
      0,
    );
    if (size > chars) {
      answerStatus(400, { error: { message: 'Too long.', code: 'context_length_exceeded' } })(call);
    } else answerStream([isSummary(call) ? 'SUMMARY' : 'fine'])(call);
  });
}

const inShort = (summary: string): string => `What was said before, in short:\n\n${summary}`;
const compact = (key: string): Promise<Record<string, unknown>> =>
  answer(client, 'sessions.compact', { key });

async function turns(key: string, ...texts: string[]): Promise<void> {
  for (const text of texts) expect((await runAgent(client, text, key)).final.payload?.status).toBe('ok');
}

const compactionsOf = (runId: string): unknown[] =>
  client.frames
    .filter(
      ({ event, payload }) =>
        event === 'agent' && payload?.runId === runId && payload.stream === 'compaction',
    )
    .map(({ payload }) => payload?.data);

describe('sessions.compact without maxLines', () => {
  it('replaces what the model is shown, and nothing else', async () => {
    behaveWell();
    const key = newKey();
    await answer(client, 'sessions.subscribe', {});
    await turns(key, 'one', 'two');
    expect(await compact(key)).toEqual({ ok: true, key: `agent:main:${key}`, compacted: true, kept: 2 });
    expect(lastText(provider.calls.at(-1) as ProviderCall)).toContain('User: one\n\nAssistant: re: one\n\n');
    await client.frame('compact event', ({ event, payload }) => {
      return (
        event === 'sessions.changed' && payload?.reason === 'compact' && payload.key === `agent:main:${key}`
      );
    });
    await turns(key, 'three');
    expect(shown()).toEqual([inShort('S1'), 'two', 're: two', 'three']);

    const { messages } = await answer(client, 'chat.history', { sessionKey: key });
    const rows = messages as { role: string; content: { text: string }[]; __openclaw: object }[];
    expect(rows.map(({ role, content }) => `${role}: ${content[0]?.text}`)).toEqual([
      'user: one',
      'assistant: re: one',
      'user: two',
      'assistant: re: two',
      'system: Compaction',
      'user: three',
      'assistant: re: three',
    ]);
    expect(rows[4]?.__openclaw).toMatchObject({ kind: 'compaction', seq: 5 });
    expect(await answer(client, 'sessions.patch', { key, label: randomUUID() })).toMatchObject({
      entry: { compactionCount: 1 },
    });
  });

  it('a second one goes on from the first, and one with nothing new does nothing', async () => {
    behaveWell();
    const key = newKey();
    await turns(key, 'a rather long message of the user');
    expect(await compact(key)).toMatchObject({ compacted: true, kept: 0 });
    const before = provider.calls.length;
    expect(await compact(key)).toMatchObject({ compacted: false, kept: 3 });
    expect(provider.calls).toHaveLength(before);
    await turns(key, 'and another one that is longer');
    expect(shown()).toEqual([inShort('S1'), 'and another one that is longer']);
    expect(await compact(key)).toMatchObject({ compacted: true, kept: 0 });
    expect(lastText(provider.calls.at(-1) as ProviderCall)).toMatch(
      /Notes so far[^]*S1[^]*User: and another/,
    );
    await turns(key, 'last');
    expect(shown()).toEqual([inShort('S2'), 'last']);
  });

  it('waits for the run that is going on, and the next run waits for it', async () => {
    const key = newKey();
    behaveWell();
    await turns(key, 'one');
    const held: ProviderCall[] = [];
    provider.behave((call) => void held.push(call));
    const first = runAgent(client, 'two', key);
    await waitFor('the turn', () => held[0]);
    const compacted = compact(key);
    const second = runAgent(client, 'three', key);
    await answer(client, 'health', {});
    expect(held).toHaveLength(1);
    answerStream(['re: two'])(held[0] as ProviderCall);
    await first;
    await waitFor('the summary', () => held[1]);
    expect(isSummary(held[1] as ProviderCall)).toBe(true);
    await answer(client, 'health', {});
    expect(held).toHaveLength(2);
    answerStream(['S'])(held[1] as ProviderCall);
    expect(await compacted).toMatchObject({ compacted: true });
    answerStream(['re: three'])(await waitFor('the last turn', () => held[2]));
    await second;
    expect(messagesOf(held[2] as ProviderCall)[0]?.content).toBe(inShort('S'));
  });

  it('that cannot be made changes nothing', async () => {
    const key = newKey();
    behaveWell();
    await turns(key, 'one', 'two');
    provider.behave(answerStatus(401, { error: { message: 'no' } }));
    expect(await refusal(client, 'sessions.compact', { key })).toMatch(
      /^UNAVAILABLE The model provider refused/,
    );
    behaveWell();
    await turns(key, 'three');
    expect(shown()).toEqual(['one', 're: one', 'two', 're: two', 'three']);
  });

  it('is begun anew when its worker dies', async () => {
    const key = newKey();
    behaveWell();
    await turns(key, 'one');
    let asked = false;
    provider.behave((call) => {
      if (asked) answerStream(['S'])(call);
      asked = true;
    });
    const compacted = compact(key);
    await waitFor('the summary', () => asked || undefined);
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    expect(await compacted).toMatchObject({ compacted: true });
    behaveWell();
    await turns(key, 'two');
    expect(shown()).toEqual([inShort('S'), 'two']);
  });

  it('says what there is nothing of', async () => {
    expect(await compact(newKey())).toMatchObject({ compacted: false, reason: 'no sessionId' });
    const { key } = await answer(client, 'sessions.create', {});
    expect(await compact(String(key))).toMatchObject({ compacted: false, reason: 'no transcript' });
  });

  it('finds nothing to keep when the session was reset meanwhile', async () => {
    const key = newKey();
    behaveWell();
    await turns(key, 'one');
    const held: ProviderCall[] = [];
    provider.behave((call) => void held.push(call));
    const compacted = compact(key);
    await waitFor('the summary', () => held[0]);
    await answer(client, 'sessions.reset', { key });
    answerStream(['S'])(held[0] as ProviderCall);
    expect(await compacted).toMatchObject({ compacted: false, reason: 'no transcript' });
    expect(await answer(client, 'chat.history', { sessionKey: key })).toMatchObject({ messages: [] });
  });
});

describe('with agents.defaults.compaction.model', () => {
  it('that one summarizes, and the session goes on with its own', async (test) => {
    const own = await startWithProvider(
      {
        behaviour: (call) => {
          const text = lastText(call);
          if (
            call.body.model === 'm-1' &&
            messagesOf(call).length > 1 &&
            text === 'now' &&
            messagesOf(call)[0]?.content === 'one'
          )
            answerStatus(400, { error: { message: 'the prompt is too long' } })(call);
          else answerStream([`${String(call.body.model)} ${isSummary(call) ? 'S' : 'fine'}`])(call);
        },
        config: { agents: { defaults: { model: 'mock/m-1', compaction: { model: 'mock/cheap' } } } },
      },
      test.onTestFinished,
    );
    const mine = await connectControl(own.gateway.wsUrl);
    await runAgent(mine, 'one', 'a');
    expect((await runAgent(mine, 'now', 'a')).final.payload).toMatchObject({ status: 'ok' });
    await runAgent(mine, 'one', 'b');
    expect(await answer(mine, 'sessions.compact', { key: 'b' })).toMatchObject({ compacted: true });
    await runAgent(mine, 'now', 'b');
    expect(own.provider.calls.map(({ body }) => body.model).join(' ')).toBe(
      'm-1 m-1 cheap m-1 m-1 cheap m-1',
    );
    expect(messagesOf(own.provider.calls.at(-1) as ProviderCall)).toMatchObject([
      { content: inShort('cheap S') },
      { content: 'now' },
    ]);
  });
});

describe('a session that its model cannot read any more', () => {
  const long = 'x'.repeat(3_000);

  it('is summarized once, and the run goes on', async () => {
    const key = newKey();
    behaveSmall(100_000);
    await turns(key, ...Array.from({ length: 8 }, (_, n) => `${n} ${long}`));
    behaveSmall(20_000);
    const { runId, final } = await runAgent(client, 'now', key);
    expect(final.payload).toMatchObject({ status: 'ok', result: { payloads: [{ text: 'fine' }] } });
    expect(compactionsOf(runId)).toEqual([{ phase: 'start' }, { phase: 'end', willRetry: true }]);
    expect(lifecycle(runId)).toEqual(['start', 'end']);
    expect(shown()).toEqual([inShort('SUMMARY'), 'now']);
    // A turn's own tokens, and those of two pieces of summary.
    expect(final.payload).toMatchObject({ result: { meta: { agentMeta: { usage: { input: 9 } } } } });
    await turns(key, 'next');
    expect(shown()).toEqual([inShort('SUMMARY'), 'now', 'fine', 'next']);
    const row = await answer(client, 'sessions.patch', { key, label: randomUUID() });
    expect(row).toMatchObject({ entry: { compactionCount: 1 } });
  });

  it('when that does not help, or there is nothing to summarize, the run says so', async () => {
    const key = newKey();
    behaveSmall(1_000);
    const alone = await runAgent(client, long, key);
    expect(alone.final).toMatchObject({ ok: false, error: { message: 'Too long.' } });
    const chat = await chatEnd(alone.runId);
    expect(chat.payload).toMatchObject({ state: 'error', errorKind: 'context_length' });
    expect(compactionsOf(alone.runId)).toEqual([{ phase: 'start' }, { phase: 'end', willRetry: false }]);
    const before = provider.calls.length;
    provider.behave((call) => {
      if (isSummary(call)) answerStream(['SUMMARY'])(call);
      else answerStatus(400, { error: { message: 'maximum context length is 5 tokens' } })(call);
    });
    const { runId } = await runAgent(client, 'short', key);
    expect(provider.calls.length - before).toBe(3);
    expect(compactionsOf(runId)).toEqual([{ phase: 'start' }, { phase: 'end', willRetry: true }]);
    expect((await chatEnd(runId)).payload).toMatchObject({ errorKind: 'context_length' });
  });

  it('other refusals are not taken for it', async () => {
    provider.behave(answerStatus(400, { error: { message: 'unknown parameter' } }));
    const before = provider.calls.length;
    const { runId } = await runAgent(client, 'Hi');
    expect((await chatEnd(runId)).payload).toMatchObject({ errorKind: 'unknown' });
    expect(provider.calls.length - before).toBe(1);
    expect(compactionsOf(runId)).toEqual([]);
  });

  it('a run that loses its worker after the summary begins with it', async () => {
    const key = newKey();
    behaveSmall(100_000);
    await turns(key, long, long, long);
    let seen: string[] = [];
    let died = false;
    provider.behave((call) => {
      if (isSummary(call)) return answerStream(['SUMMARY'])(call);
      seen = messagesOf(call).map(({ content }) => content);
      if (seen.length > 2) return answerStatus(400, { error: { message: 'prompt is too long' } })(call);
      if (died) return answerStream(['fine'])(call);
      call.response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk({}));
      died = true;
    });
    const run = runAgent(client, 'now', key);
    await waitFor('the retry', () => died || undefined);
    const history = await waitFor('the summary in the store', async () => {
      const { messages } = await answer(client, 'chat.history', { sessionKey: key });
      return (messages as { role: string }[]).some(({ role }) => role === 'system') || undefined;
    });
    expect(history).toBe(true);
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    expect((await run).final.payload).toMatchObject({ status: 'ok' });
    expect(seen).toEqual([inShort('SUMMARY'), 'now']);
    expect(await answer(client, 'sessions.patch', { key, label: randomUUID() })).toMatchObject({
      entry: { compactionCount: 1 },
    });
  });
});

function lifecycle(runId: string): unknown[] {
  return client.frames
    .filter(
      ({ event, payload }) => event === 'agent' && payload?.runId === runId && payload.stream === 'lifecycle',
    )
    .map(phaseOf);
}

function chatEnd(runId: string): Promise<Frame> {
  return client.frame(
    'chat end',
    ({ event, payload }) => event === 'chat' && payload?.runId === runId && payload.state !== 'delta',
  );
}

it('before each turn the model is told what the files of the workspace say', async () => {
  behaveWell();
  const workspace = join(gateway.stateDir, 'workspace');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, 'SOUL.md'), 'You are a lighthouse.');
  await runAgent(client, 'Who are you?');
  rmSync(join(workspace, 'SOUL.md'));
  const [system] = messagesOf(provider.calls.at(-1) as ProviderCall);
  expect(system).toEqual({ role: 'system', content: '[SOUL.md]\nYou are a lighthouse.' });
});
