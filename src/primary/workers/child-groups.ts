/**
 * Process groups that tools have started, by worker: what a worker can no longer end, since it is dead, ends here. A
 * group is known by its leader's pid and start time, so that a pid that was used again is left alone.
 */
import type { Logger } from '../../shared/log/logger.js';
import { errorCode } from '../../shared/to-error.js';
import { processStartTime } from '../../shared/process-facts.js';
import type { PrimaryAnswers } from './worker-slot.js';

export interface ChildGroups {
  readonly answers: Pick<PrimaryAnswers, 'child-started' | 'child-ended'>;
  /** Ends what the worker of this slot has left behind. */
  workerLost(slot: number): void;
}

export function createChildGroups(log: Logger): ChildGroups {
  /** Start time by pid, by slot. */
  const groups = new Map<number, Map<number, number | undefined>>();
  return {
    answers: {
      'child-started': ({ pid }, _signal, { slot }) => {
        const ofSlot = groups.get(slot) ?? new Map<number, number | undefined>();
        groups.set(slot, ofSlot.set(pid, processStartTime(pid)));
        return true;
      },
      'child-ended': ({ pid }, _signal, { slot }) => {
        groups.get(slot)?.delete(pid);
        return true;
      },
    },
    workerLost(slot) {
      for (const [pid, startedAt] of groups.get(slot) ?? []) {
        if (processStartTime(pid) !== startedAt) continue;
        try {
          process.kill(-pid, 'SIGKILL');
          log.warn('tool.orphan-killed', 'ended what a tool had started in a worker that died', { pid });
        } catch (caught) {
          if (errorCode(caught) !== 'ESRCH') throw caught;
        }
      }
      groups.delete(slot);
    },
  };
}
