/**
 * Memory beside the heap, which a thread's own limit does not count: buffers. A task whose thread answers says how much
 * there is; of one that is too busy to say, the growth of the whole process since its last sign counts, the newest first.
 */
import { toolRunLimits } from '../../shared/tools/limits.js';
import type { TaskState } from '../threads/tool-pool/task-state.js';

const KIB = 1024;
const MIB = 1024 * KIB;

export interface Watched {
  state(): TaskState;
  end(message: string): void;
}

export interface MemoryWatch {
  add(task: Watched): void;
  remove(task: Watched): void;
}

/** When a task was last heard of. */
interface Sign {
  beats: number;
  /** Of the process, then. */
  rss: number;
}

/** Looks only while there are tasks. */
export function createMemoryWatch(rss: () => number = () => process.memoryUsage.rss()): MemoryWatch {
  const tasks = new Map<Watched, Sign>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = rss();
    const silent: Watched[] = [];
    for (const [task, sign] of tasks) {
      const { threadId, beats, bufferKib } = task.state();
      if (threadId === undefined) continue;
      if (bufferKib * KIB > toolRunLimits.bufferMib * MIB) {
        task.end(`the tool has more than ${toolRunLimits.bufferMib} MiB of buffers`);
      } else if (beats !== sign.beats) {
        sign.beats = beats;
        sign.rss = now;
      } else if (now - sign.rss > toolRunLimits.silentGrowthMib * MIB) {
        silent.push(task);
      }
    }
    silent.at(-1)?.end(`the tool took more than ${toolRunLimits.silentGrowthMib} MiB of memory`);
  };
  return {
    add(task) {
      tasks.set(task, { beats: -1, rss: 0 });
      timer ??= setInterval(look, toolRunLimits.watchIntervalMs).unref();
    },
    remove(task) {
      tasks.delete(task);
      if (tasks.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
