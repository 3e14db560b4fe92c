/**
 * Tools that misbehave on purpose, one for each way. They exist only in a gateway that was started with
 * `PLLAN_TEST_HOOKS=1` (`shared/tools/test-definitions.ts`).
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { toolError, type ToolOutcome, type ToolUpdate } from '../../../shared/tools/tool-call.js';

type TestTool = (args: Readonly<Record<string, unknown>>, update: ToolUpdate) => Promise<ToolOutcome>;

const text = (said: string): ToolOutcome => ({ status: 'ok', content: [{ type: 'text', text: said }] });
const forever = (): Promise<never> => new Promise(() => {});

export const testTools: Readonly<Record<string, TestTool>> = {
  test_echo: async (args) => text(typeof args.text === 'string' ? args.text : JSON.stringify(args)),
  test_wait: async ({ ms = 0, say = 'waited' }) => {
    await sleep(Number(ms));
    return text(String(say));
  },
  test_updates: async ({ times = 3 }, update) => {
    for (let n = 0; n < Number(times); n += 1) {
      update([{ type: 'text', text: `part ${n}` }]);
      await sleep(300);
    }
    return text('updated');
  },
  test_input: async () => toolError('input', 'test_input takes nothing'),
  test_throw: async () => {
    throw new Error('thrown on purpose');
  },
  test_misbehave: async ({ how, after = 'stays' }) => {
    const act = misbehaviours[String(how)];
    if (!act) return toolError('input', `unknown: ${String(how)}`);
    await act();
    return after === 'stays' ? forever() : text('done');
  },
  test_large: async ({ chars = 0 }) => text('x'.repeat(Number(chars))),
};

const misbehaviours: Readonly<Record<string, () => Promise<void> | void>> = {
  settle: () => {},
  loop() {
    for (;;);
  },
  async heap() {
    for (const hoarded: string[] = []; ;) {
      hoarded.push(Buffer.alloc(500_000).toString('latin1'));
      await nextTurn();
    }
  },
  async buffers() {
    for (const hoarded: Buffer[] = []; ;) {
      hoarded.push(Buffer.alloc(8_000_000, 1));
      await sleep(5);
    }
  },
  buffersAtOnce() {
    for (const hoarded: Buffer[] = []; ;) hoarded.push(Buffer.alloc(8_000_000, 1));
  },
  exit: () => process.exit(0),
  asyncThrow: () => void setTimeout(() => throwing('later'), 5),
  rejection: () => void Promise.reject(new Error('nobody waits')),
  print() {
    for (;;) process.stdout.write('x'.repeat(100_000));
  },
  leaveTimer: () => void setInterval(() => {}, 1_000),
  leaveBomb: () => void setTimeout(() => throwing('left behind'), 100),
  block: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
};

function throwing(why: string): never {
  throw new Error(`thrown ${why}`);
}
