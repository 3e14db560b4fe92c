/** When pieces of answers are told (runs-and-events.md §3.2). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunDeltas } from '../../../src/primary/sessions/run-deltas.js';
import { RunText } from '../../../src/shared/run-text.js';
import { runLimits } from '../../../src/shared/session-limits.js';
import { createPace, type Pace } from '../../../src/shared/pace.js';

interface Told {
  readonly run: string;
  readonly at: number;
  readonly delta: string;
}

describe('deltas', () => {
  let pace: Pace;
  let told: Told[];
  let start: number;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    pace = createPace(runLimits.deltaStepMs);
    told = [];
    start = performance.now();
  });
  afterEach(() => vi.useRealTimers());

  const newRun = (run: string): { say(text: string): void; flush(): void; end(): void } => {
    const text = new RunText();
    const deltas = new RunDeltas(text, pace, (delta) =>
      told.push({ run, at: Math.round(performance.now() - start), delta }),
    );
    return {
      say(words) {
        text.add(words);
        deltas.added();
      },
      flush: () => deltas.flush(),
      end: () => deltas.end(),
    };
  };

  it('the first leaves at once, the others at least 75 ms apart, with all that came between', () => {
    const run = newRun('a');
    let said = '';
    for (let at = 0; at < 1_000; at += 7) {
      run.say(`${at} `);
      said += `${at} `;
      vi.advanceTimersByTime(7);
    }
    run.end();
    expect(told[0]).toEqual({ run: 'a', at: 0, delta: '0 ' });
    expect(told.map(({ delta }) => delta).join('')).toBe(said);
    const gaps = told.slice(1, -1).map(({ at }, index) => at - (told[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(runLimits.deltaMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(runLimits.deltaMs + runLimits.deltaStepMs);
  });

  it('a first one just before a step does not shorten the pause', () => {
    const [early, late] = [newRun('early'), newRun('late')];
    early.say('x');
    vi.advanceTimersByTime(24);
    late.say('a');
    late.say('b');
    vi.advanceTimersByTime(200);
    const [first, second] = told.filter(({ run }) => run === 'late');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(runLimits.deltaMs);
  });

  it('those of many runs leave in few steps', () => {
    const runs = Array.from({ length: 20 }, (_, index) => newRun(String(index)));
    for (let at = 0; at < 1_000; at += 1) {
      runs[at % runs.length]?.say('x');
      vi.advanceTimersByTime(1);
    }
    const late = told.filter(({ at }) => at > 100);
    expect(late.length).toBeGreaterThan(200);
    expect(new Set(late.map(({ at }) => at)).size).toBeLessThanOrEqual(1_000 / runLimits.deltaStepMs);
  });

  it('the end tells the rest, and nothing comes after it', () => {
    const run = newRun('a');
    run.say('one');
    run.say(' two');
    run.end();
    run.end();
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([
      { run: 'a', at: 0, delta: 'one' },
      { run: 'a', at: 0, delta: ' two' },
    ]);
  });

  it('what comes after a flush waits as long as ever, and what may be NO_REPLY is kept back', () => {
    const [run, quiet] = [newRun('a'), newRun('quiet')];
    run.say('one');
    run.say(' two');
    run.flush();
    quiet.say('NO_');
    quiet.flush();
    run.say(' three');
    vi.advanceTimersByTime(1_000);
    expect(told.map(({ run, delta }) => [run, delta])).toEqual([
      ['a', 'one'],
      ['a', ' two'],
      ['a', ' three'],
    ]);
    expect(told[2]?.at).toBeGreaterThanOrEqual(runLimits.deltaMs);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('nothing ticks while no run has text', () => {
    const run = newRun('a');
    run.say('one');
    vi.advanceTimersByTime(500);
    expect(vi.getTimerCount()).toBe(0);
    run.say('two');
    vi.advanceTimersByTime(runLimits.deltaStepMs);
    expect(told.at(-1)?.delta).toBe('two');
  });
});
