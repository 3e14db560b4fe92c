/**
 * Entry of a thread of the tool pool: piscina calls `runToolTask`, one task at a time. What a task leaves running is
 * reported, so that the thread is ended rather than given to the next one.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parentPort, threadId } from 'node:worker_threads';
import { toolRunLimits } from '../../../shared/tools/limits.js';
import { toError } from '../../../shared/to-error.js';
import { toolError, type ToolContent, type ToolOutcome } from '../../../shared/tools/tool-call.js';
import { documentText } from '../documents/document.js';
import { createCallTool } from './call-tool.js';
import { swallowPrinted } from './printed.js';
import type { ToolTask, ToolTaskEnd, ToolTaskUpdate } from './protocol.js';
import { taskSigns } from './task-state.js';
import { transform } from './transform.js';

const printed = swallowPrinted();
const callTool = createCallTool();

export async function runToolTask(task: ToolTask): Promise<ToolTaskEnd> {
  const signs = taskSigns(task.state);
  signs.begin(threadId);
  printed.reset(() => signs.printedTooMuch());
  const beat = (): void => signs.beat(Math.ceil(process.memoryUsage().arrayBuffers / 1024));
  const before = resources();
  const beats = setInterval(beat, toolRunLimits.beatIntervalMs);
  beat();
  try {
    const outcome = encoded(await run(task));
    await nextTurn();
    // What is over with the next turn of the timers has ended too: the store leaves such a timer each time it is read.
    if (resources() > before + 1) await sleep(0);
    return { outcome, clean: resources() <= before + 1 };
  } finally {
    clearInterval(beats);
  }
}

async function run(task: ToolTask): Promise<ToolOutcome> {
  try {
    return await work(task);
  } catch (caught) {
    return toolError('failed', toError(caught).message.slice(0, toolRunLimits.messageChars));
  }
}

async function work(task: ToolTask): Promise<ToolOutcome> {
  switch (task.kind) {
    case 'document':
      return { status: 'ok', content: [{ type: 'text', text: await documentText(task) }] };
    case 'transform':
      return transform(task);
    case 'call':
      return callTool(
        task,
        throttled((partial) => parentPort?.postMessage({ id: task.id, partial } satisfies ToolTaskUpdate)),
      );
    default:
      return task satisfies never;
  }
}

/** Timers, sockets, files and requests of this thread that have not ended. */
function resources(): number {
  return process.getActiveResourcesInfo().length;
}

/** As JSON, if it is not too large, and plain data. */
function encoded(outcome: ToolOutcome): string {
  let json: string;
  try {
    json = JSON.stringify(outcome);
  } catch (caught) {
    return encoded(toolError('failed', `its result is no plain data: ${toError(caught).message}`));
  }
  return json.length <= toolRunLimits.resultChars
    ? json
    : encoded(toolError('output', `its result is larger than ${toolRunLimits.resultChars} characters`));
}

/** A tool that tells something all the time is heard now and then. */
function throttled(
  send: (partial: readonly ToolContent[]) => void,
): (partial: readonly ToolContent[]) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (partial) => {
    const now = performance.now();
    if (now - last < toolRunLimits.updateMs) return;
    last = now;
    send(partial);
  };
}
