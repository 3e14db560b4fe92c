/** What a model says around its calls, how many it may make, and what becomes of it all when something dies. */
import { beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor } from '../../support/gateway.js';
import { answerStatus, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { askAgent, newKey, runAgent } from '../../support/run-story.js';
import { scrape } from '../../support/metrics.js';
import { answersWith, messagesOf, offeredIn } from '../../support/tool-provider.js';
import { waitFor } from '../../support/wait-for.js';
import { call, inShort, rowsOf, testTools, textsOf } from '../../support/tool-story.js';

const { provider, gateway } = await startWithProvider({
  config: {
    ...testTools,
    agents: { defaults: { model: 'mock/m-1', compaction: { keepRecentTokens: 10 } } },
  },
});
let client: ControlClient;
beforeAll(async () => {
  client = await connectControl(gateway.wsUrl, { params: { caps: ['tool-events'] } });
});

const echo = (text: string) => ({ name: 'test_echo', args: { text } });
const of = (runId: string, event: string): Record<string, unknown>[] =>
  client.frames
    .filter((one) => one.event === event && one.payload?.runId === runId)
    .map((one) => one.payload ?? {});

describe('what a model says around its calls', () => {
  it('are messages of their own, and one growing text for chat clients', async () => {
    provider.behave(answersWith({ text: 'Let me look.', calls: [echo('found')] }, { text: 'It is there.' }));
    const key = newKey();
    const { runId, final } = await runAgent(client, 'where?', key);
    expect(textsOf(final.payload)).toEqual(['Let me look.', 'It is there.']);
    const deltas = of(runId, 'agent').filter(({ stream }) => stream === 'assistant');
    expect(deltas.map(({ data }) => data)).toEqual([
      { text: 'Let me look.', delta: 'Let me look.' },
      { text: 'It is there.', delta: 'It is there.' },
    ]);
    const chat = of(runId, 'chat');
    expect(chat.map(({ deltaText }) => deltaText)).toEqual(['Let me look.', '\n\nIt is there.', undefined]);
    expect(chat.at(-1)).toMatchObject({
      state: 'final',
      message: { content: [{ type: 'text', text: 'Let me look.\n\nIt is there.' }] },
    });
    expect(inShort(await rowsOf(client, key))).toEqual([
      'user | where?',
      'assistant | Let me look. | call test_echo',
      'toolResult | test_echo | ok | found',
      'assistant | It is there.',
    ]);
  });

  it('the text comes before the events of its tools', async () => {
    provider.behave(answersWith({ text: 'First.', calls: [echo('x')] }, { text: 'Last.' }));
    const { runId } = await runAgent(client, 'go');
    const streams = of(runId, 'agent').map(({ stream, data }) => {
      return stream === 'tool' ? `tool ${(data as { phase: string }).phase}` : stream;
    });
    expect(streams).toEqual([
      'lifecycle',
      'assistant',
      'tool start',
      'tool result',
      'assistant',
      'lifecycle',
    ]);
  });

  it('NO_REPLY in between is not shown', async () => {
    provider.behave(answersWith({ text: 'NO_REPLY', calls: [echo('x')] }, { text: 'Now.' }));
    const { runId, final } = await runAgent(client, 'go');
    expect(textsOf(final.payload)).toEqual(['Now.']);
    expect(of(runId, 'chat').map(({ deltaText }) => deltaText)).toEqual(['Now.', undefined]);
  });

  it('tokens of all answers count; those of the last are those of its row', async () => {
    provider.behave(answersWith({ calls: [echo('a')] }, { calls: [echo('b')] }, { text: 'Done.' }));
    const key = newKey();
    const { final } = await runAgent(client, 'go', key);
    expect(final.payload).toMatchObject({
      result: { meta: { agentMeta: { usage: { input: 30, output: 3 } }, stopReason: 'stop' } },
    });
    const rows = await rowsOf(client, key);
    expect(rows.filter(({ role }) => role === 'assistant').map(({ usage }) => usage)).toEqual(
      [1, 2, 3].map(() => expect.objectContaining({ input: 10, output: 1 }) as unknown),
    );
  });

  it('the model is offered the tools each time, and shown calls and results as providers want them', async () => {
    provider.behave(answersWith({ calls: [echo('a'), { name: 'test_input', args: {} }] }, { text: 'Done.' }));
    const first = provider.calls.length;
    const key = newKey();
    await runAgent(client, 'go', key);
    const [asked, again] = provider.calls.slice(first) as [ProviderCall, ProviderCall];
    expect(offeredIn(asked)).toContain('test_echo');
    expect(offeredIn(again)).toEqual(offeredIn(asked));
    expect(messagesOf(again).slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'call_0_test_echo' }, { id: 'call_0_test_input' }] },
      { role: 'tool', tool_call_id: 'call_0_test_echo', content: 'a' },
      { role: 'tool', tool_call_id: 'call_0_test_input', content: 'Error: test_input takes nothing' },
    ]);
    provider.behave(answersWith({ text: 'Nothing.' }));
    await runAgent(client, 'and?', key);
    expect(messagesOf(provider.calls.at(-1) as ProviderCall).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
      'assistant',
      'user',
    ]);
  });
});

describe('bounds', () => {
  it('a model that never stops calling is asked for an answer in the end', { timeout: 60_000 }, async () => {
    provider.behave((call) => {
      if (call.body.tool_choice === 'none') answersWith({ text: 'Enough.' })(call);
      else answersWith({ calls: [{ ...echo('again'), id: '' }] })(call);
    });
    const key = newKey();
    const { final } = await runAgent(client, 'go', key);
    expect(textsOf(final.payload)).toEqual(['Enough.']);
    const rows = inShort(await rowsOf(client, key));
    expect(rows.filter((row) => row.startsWith('toolResult'))).toHaveLength(50);
  });

  it('of too many calls at once those that are too many are refused', async () => {
    const calls = Array.from({ length: 40 }, (_, n) => ({ ...echo(`${n}`), id: `c${n}` }));
    provider.behave(answersWith({ calls }, { text: 'Done.' }));
    const key = newKey();
    await runAgent(client, 'go', key);
    const results = inShort(await rowsOf(client, key)).filter((row) => row.startsWith('toolResult'));
    expect(results.filter((row) => row.includes('| ok |'))).toHaveLength(32);
    expect(results.at(-1)).toBe('toolResult | test_echo | error | Error: more than 32 calls at once');
  });

  it('a model that cannot read its results gets them shorter', async () => {
    provider.behave((call) => {
      const chars = messagesOf(call).reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
      if (chars < 10_000)
        answersWith({ calls: [{ name: 'test_large', args: { chars: 50_000 } }] }, { text: 'Read.' })(call);
      else answerStatus(400, { error: { message: 'Too long.', code: 'context_length_exceeded' } })(call);
    });
    const { final } = await runAgent(client, 'go');
    expect(textsOf(final.payload)).toEqual(['Read.']);
    const shown = messagesOf(provider.calls.at(-1) as ProviderCall).at(-1)?.content ?? '';
    expect(shown).toMatch(/^x{2000}\n\.\.\.\(truncated\)\.\.\.$/);
  });

  it('a session that becomes too long in the middle of a turn is summarized, and the turn goes on', async () => {
    const key = newKey();
    provider.behave(answersWith({ text: 'x'.repeat(900) }));
    await runAgent(client, 'talk', key);
    await runAgent(client, 'more', key);
    provider.behave((call) => {
      const messages = messagesOf(call);
      const isSummary = messages[0]?.content?.startsWith('You keep the memory');
      const chars = messages.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
      if (isSummary) answersWith({ text: 'SUMMARY' })(call);
      else if (chars > 2_500)
        answerStatus(400, { error: { message: 'Too long.', code: 'context_length_exceeded' } })(call);
      else answersWith({ calls: [{ name: 'test_large', args: { chars: 1_500 } }] }, { text: 'Done.' })(call);
    });
    const { runId, final } = await runAgent(client, 'go', key);
    expect(textsOf(final.payload)).toEqual(['Done.']);
    expect(of(runId, 'agent').map(({ stream }) => stream)).toEqual([
      'lifecycle',
      'tool',
      'tool',
      'compaction',
      'compaction',
      'assistant',
      'lifecycle',
    ]);
    expect(messagesOf(provider.calls.at(-1) as ProviderCall).map(({ role }) => role)).toEqual([
      'user',
      'user',
      'assistant',
      'tool',
    ]);
  });
});

describe('when something dies in the middle of a turn', () => {
  it('the thread of the turn takes the tools with it', async (test) => {
    const other = await startFor(test, { config: testTools });
    const control = await connectControl(other.wsUrl, { params: { caps: ['tool-events'] } });
    const runId = askAgent(control, call('test_wait', { ms: 60_000 }));
    await control.frame('tool', ({ payload }) => payload?.runId === runId && payload.stream === 'tool');
    askAgent(control, '/exit');
    const final = await control.frame('final', ({ id, ok }) => id === runId && ok === false);
    expect(final.error?.message).toBe('interrupted: its thread ended');
    await waitFor('the end of the call', async () => {
      const { total } = await scrape(other.url);
      return total('pllan_tool_execution_total', { tool: 'test_wait', error_category: 'aborted' }) === 1;
    });
  });

  it('a run that has called a tool is not run again, and its call is repaired in the next turn', async (test) => {
    const other = await startFor(test, { config: testTools });
    const control = await connectControl(other.wsUrl, { params: { caps: ['tool-events'] } });
    const key = newKey();
    const runId = askAgent(control, call('test_wait', { ms: 60_000 }), key);
    await control.frame('tool', ({ payload }) => payload?.runId === runId && payload.stream === 'tool');
    for (const pid of other.workers()) process.kill(pid, 'SIGKILL');
    const final = await control.frame('final', ({ id, ok }) => id === runId && ok === false);
    expect(final.error?.message).toBe('interrupted: the worker process ended');
    const { final: next } = await runAgent(control, 'one two', key);
    expect(next.payload).toMatchObject({ status: 'ok' });
    expect(inShort(await rowsOf(control, key)).slice(1)).toEqual([
      'assistant | call test_wait',
      'user | one two',
      'assistant | one two',
    ]);
    // Words of the call's line, of the result that says that there is none, and of the new message.
    expect(next.payload).toMatchObject({ result: { meta: { agentMeta: { usage: { input: 3 + 6 + 2 } } } } });
  });
});
