import { describe, expect, it } from 'vitest';
import {
  ASKER_GONE,
  createAnswerer,
  createAsker,
  type AnswerMessage,
  type Answers,
  type AskMessage,
} from '../../src/shared/asking.js';

interface Sums {
  readonly add: { readonly question: readonly number[]; readonly answer: number };
}

type Add = Answers<Sums, string>['add'];

const sum: Add = (numbers) => numbers.reduce((total, one) => total + one, 0);
const never: Add = () => new Promise<number>(() => {});
const soon = { timeoutMs: 10_000 };

function joined(add: Add, maxOpen = 8) {
  const sent: AskMessage<Sums>[] = [];
  const answerer = createAnswerer<Sums, string>({ add }, 'here', (message: AnswerMessage) =>
    asker.received(structuredClone(message)),
  );
  const asker = createAsker<Sums>((message) => {
    sent.push(message);
    answerer.received(structuredClone(message));
  }, maxOpen);
  return { asker, answerer, sent };
}

describe('a question', () => {
  it('is answered', async () => {
    const { asker } = joined(sum);
    const answers = [asker.ask('add', [1, 2], soon), asker.ask('add', [3], soon)];
    await expect(Promise.all(answers)).resolves.toEqual([3, 3]);
  });

  it('is refused with what was thrown', async () => {
    const { asker } = joined(() => {
      throw new Error('no numbers today');
    });
    await expect(asker.ask('add', [1], soon)).rejects.toThrow('no numbers today');
  });

  it('tells who answers when its time is over, and hears nothing more', async () => {
    let given: AbortSignal | undefined;
    const { asker, sent } = joined((_numbers, signal) => {
      given = signal;
      return new Promise<number>(() => {});
    });
    await expect(asker.ask('add', [1], { timeoutMs: 1 })).rejects.toThrow('no answer within 1 ms');
    expect(given?.aborted).toBe(true);
    expect(sent.map(({ type }) => type)).toEqual(['ask', 'cancel']);
  });

  it('can be withdrawn', async () => {
    const { asker } = joined(never);
    const controller = new AbortController();
    const answer = asker.ask('add', [1], { ...soon, signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toThrow('cancelled');
    await expect(asker.ask('add', [1], { ...soon, signal: controller.signal })).rejects.toThrow('cancelled');
  });

  it('gets no answer when nobody is there any more', async () => {
    const { asker } = joined(never);
    const answers = [asker.ask('add', [1], soon), asker.ask('add', [2], soon)];
    asker.lost('the channel closed');
    const settled = await Promise.allSettled(answers);
    expect(settled.map((one) => one.status)).toEqual(['rejected', 'rejected']);
  });

  it('is refused when too many are open', async () => {
    const { asker } = joined(never, 1);
    const first = asker.ask('add', [1], { timeoutMs: 50 });
    await expect(asker.ask('add', [2], soon)).rejects.toThrow('too many questions are open');
    await expect(first).rejects.toThrow('no answer within 50 ms');
  });

  it('is given up when its asker is gone', async () => {
    let given: AbortSignal | undefined;
    const { asker, answerer } = joined((_numbers, signal) => {
      given = signal;
      return new Promise<number>(() => {});
    });
    void asker.ask('add', [1], { timeoutMs: 5 }).catch(() => {});
    answerer.lost();
    expect(given?.aborted).toBe(true);
    expect(given?.reason).toBe(ASKER_GONE);
  });
});
