/** Turns in which the model calls the gateway's tools (runs-and-events.md §2, §8, §13). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended } from '../../support/chat-turns.js';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { askAgent, newKey, runAgent, story } from '../../support/run-story.js';
import { call, inShort, rowsOf, testTools, textsOf, toolEvents } from '../../support/tool-story.js';

let gateway: TestGateway;
let client: ControlClient;
const connect = (caps: readonly string[] = ['tool-events']): Promise<ControlClient> =>
  connectControl(gateway.wsUrl, { params: { caps } });

beforeAll(async () => {
  gateway = await startGateway({ config: testTools });
  client = await connect();
});
afterAll(() => gateway.stop());

const textOf = ({ payload }: Frame): string => textsOf(payload).join();

describe('a turn with tools', () => {
  it('runs what the model calls, shows it the result, and keeps both', async () => {
    const key = newKey();
    const { runId, final } = await runAgent(client, call('test_echo', { text: 'from the tool' }), key);
    expect(textOf(final)).toBe('from the tool');
    expect(toolEvents(client.frames, runId)).toEqual([
      { phase: 'start', name: 'test_echo', toolCallId: 'call_0', args: { text: 'from the tool' } },
      {
        phase: 'result',
        name: 'test_echo',
        toolCallId: 'call_0',
        isError: false,
        result: { content: [{ type: 'text', text: 'from the tool' }] },
      },
    ]);
    const rows = await rowsOf(client, key);
    expect(inShort(rows)).toEqual([
      `user | ${call('test_echo', { text: 'from the tool' })}`,
      'assistant | call test_echo',
      'toolResult | test_echo | ok | from the tool',
      'assistant | from the tool',
    ]);
    expect(rows[1]).toMatchObject({
      stopReason: 'toolUse',
      content: [{ type: 'toolCall', id: 'call_0', name: 'test_echo', arguments: { text: 'from the tool' } }],
    });
    expect(rows[2]).toMatchObject({ toolCallId: 'call_0', toolName: 'test_echo', isError: false });
  });

  it('events of a run are numbered through, whatever their stream', async () => {
    const { runId } = await runAgent(client, call('test_echo', { text: 'x' }));
    const seqs = client.frames
      .filter(({ event, payload }) => event === 'agent' && payload?.runId === runId)
      .map(({ payload }) => payload?.seq);
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(story(client.frames, runId)).toEqual([
      'res accepted',
      'agent start',
      'agent start',
      'agent result',
      'agent x',
      'chat delta',
      'agent end',
      'chat final',
      'res ok',
    ]);
  });

  it('several calls at once run side by side; results are in the order of the calls', async () => {
    const key = newKey();
    const message = [
      call('test_wait', { ms: 3_000, say: 'slow' }),
      call('test_echo', { text: 'quick' }),
    ].join('\n');
    const { runId, final } = await runAgent(client, message, key);
    expect(textOf(final)).toBe('slow\nquick');
    const results = toolEvents(client.frames, runId).filter(({ phase }) => phase === 'result');
    expect(results.map(({ name }) => name)).toEqual(['test_echo', 'test_wait']);
    expect(inShort(await rowsOf(client, key)).slice(1, 4)).toEqual([
      'assistant | call test_wait | call test_echo',
      'toolResult | test_wait | ok | slow',
      'toolResult | test_echo | ok | quick',
    ]);
  });

  it('a result may lead to the next call; ids within a turn are never the same', async () => {
    const key = newKey();
    const next = call('test_echo', { text: 'last' });
    const { runId, final } = await runAgent(client, call('test_echo', { text: next }), key);
    expect(textOf(final)).toBe('last');
    expect(toolEvents(client.frames, runId).map(({ toolCallId }) => toolCallId)).toEqual([
      'call_0',
      'call_0',
      'call_0_2',
      'call_0_2',
    ]);
    expect(inShort(await rowsOf(client, key)).slice(1)).toEqual([
      'assistant | call test_echo',
      `toolResult | test_echo | ok | ${next}`,
      'assistant | call test_echo',
      'toolResult | test_echo | ok | last',
      'assistant | last',
    ]);
  });

  it.each([
    ['an unknown tool', call('nothing'), 'Error: Tool not available: nothing'],
    ['a tool that policy withholds', call('web_fetch', { url: 'x' }), 'Error: Tool not available: web_fetch'],
    ['arguments that are no JSON', '/tool test_echo {"a":', 'Error: the arguments are not valid JSON'],
    ['arguments that are no object', '/tool test_echo [1]', 'Error: the arguments are not a JSON object'],
    ['input that the tool refuses', call('test_input'), 'Error: test_input takes nothing'],
    ['a tool that throws', call('test_throw'), 'Error: thrown on purpose'],
  ])('%s is a result that says so', async (_what, message, text) => {
    const key = newKey();
    const { runId, final } = await runAgent(client, message, key);
    expect(final).toMatchObject({ ok: true, payload: { status: 'ok' } });
    expect(textOf(final)).toContain(text);
    expect(toolEvents(client.frames, runId).at(-1)).toMatchObject({ phase: 'result', isError: true });
    expect((await rowsOf(client, key))[2]).toMatchObject({ role: 'toolResult', isError: true });
  });

  it('partial results are told while the tool runs', async () => {
    const { runId } = await runAgent(client, call('test_updates', { times: 2 }));
    expect(toolEvents(client.frames, runId).map(({ phase }) => phase)).toEqual([
      'start',
      'update',
      'update',
      'result',
    ]);
    expect(toolEvents(client.frames, runId)[1]).toMatchObject({
      partialResult: { content: [{ type: 'text', text: 'part 0' }] },
    });
  });

  it('a long result is cut in events', async () => {
    const { runId } = await runAgent(client, call('test_large', { chars: 20_000 }));
    const { result } = toolEvents(client.frames, runId).at(-1) as unknown as {
      result: { content: { text: string }[] };
    };
    expect(result.content[0]?.text).toBe(`${'x'.repeat(8_000)}\n...(truncated)...`);
  });

  it('the next turn of the session knows the calls and their results', async () => {
    const key = newKey();
    await runAgent(client, call('test_echo', { text: 'remembered words' }), key);
    const { final } = await runAgent(client, 'two more', key);
    // The built-in model counts words: those of the call's line, of its result and of its answer, and the new ones.
    const input = 4 + 2 + 2 + 2;
    expect(final.payload).toMatchObject({ result: { meta: { agentMeta: { usage: { input } } } } });
  });

  it('an abort ends the tools of the turn', async () => {
    const key = newKey();
    const runId = askAgent(client, call('test_wait', { ms: 60_000 }), key);
    await client.frame('tool start', ({ payload }) => payload?.runId === runId && payload.stream === 'tool');
    expect((await client.call('chat.abort', { sessionKey: key, runId })).payload).toMatchObject({
      aborted: true,
    });
    expect(inShort(await rowsOf(client, key))).toEqual([
      `user | ${call('test_wait', { ms: 60_000 })}`,
      'assistant | call test_wait',
    ]);
    // Its place is free again, and the model is told what became of the call.
    const { final } = await runAgent(client, 'still there?', key);
    expect(final.payload).toMatchObject({ status: 'ok' });
  });

  it("a run's own time ends its tools", async () => {
    const params = {
      message: call('test_wait', { ms: 60_000 }),
      idempotencyKey: newKey(),
      sessionKey: newKey(),
    };
    client.send({
      type: 'req',
      id: params.idempotencyKey,
      method: 'agent',
      params: { ...params, timeout: 1 },
    });
    const final = await client.frame(
      'final',
      ({ id, payload }) => id === params.idempotencyKey && payload?.status !== 'accepted',
    );
    expect(final.payload).toMatchObject({ status: 'timeout', stopReason: 'timeout' });
  });
});

describe('who sees what tools do', () => {
  const watch = async (caps?: readonly string[]): Promise<{ watcher: ControlClient; key: string }> => {
    const key = newKey();
    const watcher = await connect(caps);
    await watcher.call('sessions.messages.subscribe', { key });
    return { watcher, key };
  };
  const reduced = { phase: 'start', name: 'test_echo', toolCallId: 'call_0' };

  it('others see that a tool runs, and not what goes in and comes out', async () => {
    const { watcher, key } = await watch();
    const { runId } = await runAgent(client, call('test_echo', { text: 'secret' }), key);
    await ended(watcher, runId);
    expect(toolEvents(watcher.frames, runId)).toEqual([
      reduced,
      { ...reduced, phase: 'result', isError: false },
    ]);
    expect(toolEvents(watcher.frames, runId, 'session.tool')).toEqual(toolEvents(watcher.frames, runId));
    await watcher.close();
  });

  it('unless the session is verbose', async () => {
    const { watcher, key } = await watch();
    await client.call('sessions.patch', { key, verboseLevel: 'full' });
    const { runId } = await runAgent(client, call('test_echo', { text: 'open' }), key);
    await ended(watcher, runId);
    expect(toolEvents(watcher.frames, runId)[0]).toMatchObject({ args: { text: 'open' } });
    await watcher.close();
  });

  it('without the capability nothing of stream tool comes, but the messages do', async () => {
    const { watcher, key } = await watch([]);
    const { runId } = await runAgent(client, call('test_echo', { text: 'x' }), key);
    await ended(watcher, runId);
    expect(toolEvents(watcher.frames, runId)).toEqual([]);
    const messages = watcher.frames
      .filter(({ event }) => event === 'session.message')
      .map(({ payload }) => payload?.message);
    const inOrder = ['user', 'assistant', 'toolResult', 'assistant'];
    expect(messages).toMatchObject(inOrder.map((role) => ({ role })));
    await watcher.close();
  });

  it('whoever neither started the run nor listens to its session sees nothing of its tools', async () => {
    const other = await connect();
    const { runId } = await runAgent(client, call('test_echo', { text: 'x' }));
    await ended(other, runId);
    expect(toolEvents(other.frames, runId)).toEqual([]);
    expect(toolEvents(other.frames, runId, 'session.tool')).toEqual([]);
    await other.close();
  });
});
