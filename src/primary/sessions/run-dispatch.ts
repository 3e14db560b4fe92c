/** Gives runs to workers, again where a worker dies before anything came of them, and waits a while when there is none. */
import { runLimits } from '../../shared/session-limits.js';
import type { RunJob } from '../../shared/run-job.js';
import type { Run } from './run.js';

/** The workers, as far as runs need them; a slot is the number of one. */
export interface RunWorkers {
  /** Gives the job to the worker of slot `home`, or to the ready one with the fewest runs; undefined when there is none. */
  start(job: RunJob, home?: number): number | undefined;
  abort(slot: number, runId: string): void;
}

export interface RunDispatch {
  start(run: Run): void;
  abort(run: Run): void;
  /** Its worker or thread is gone: what nobody has seen anything of begins anew. */
  lost(run: Run, why: string): void;
  workerReady(): void;
  /** It has ended. */
  forget(run: Run): void;
}

export function createRunDispatch(
  workers: RunWorkers,
  fail: (run: Run, message: string) => void,
): RunDispatch {
  /** Runs without a worker, with what ends their wait for one. */
  const homeless = new Map<Run, NodeJS.Timeout>();

  const forget = (run: Run): void => {
    clearTimeout(homeless.get(run));
    homeless.delete(run);
  };
  const start = (run: Run): void => {
    const { runId, key, agentId, systemPrompt, byStranger, home, fallbacks, toolsAllow } = run.input;
    const { before, model, thinking, timeoutMs } = run;
    const { sessionId } = run.record;
    run.slot = workers.start(
      {
        kind: 'turn',
        runId,
        sessionKey: key,
        sessionId,
        before,
        agentId,
        model,
        fallbacks,
        toolsAllow,
        thinking,
        systemPrompt,
        byStranger,
        timeoutMs,
        ticket: home?.ticket,
      },
      home?.slot,
    );
    if (run.slot !== undefined) {
      run.attempts += 1;
      return;
    }
    homeless.set(
      run,
      setTimeout(() => fail(run, 'no worker is available'), runLimits.noWorkerMs),
    );
  };
  return {
    start,
    abort({ slot, input }) {
      if (slot !== undefined) workers.abort(slot, input.runId);
    },
    lost(run, why) {
      run.slot = undefined;
      const { home } = run.input;
      if (home === undefined && run.text.isEmpty && run.attempts < runLimits.attempts) start(run);
      else fail(run, `interrupted: ${why}`);
    },
    workerReady() {
      // All at first: one that finds no place after all is homeless again.
      const runs = [...homeless.keys()];
      runs.forEach(forget);
      runs.forEach(start);
    },
    forget,
  };
}
