/** Runs one command to its end: output, deadline, and what is told while it runs. */
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { execLimits } from '../../../shared/tools/limits.js';
import { createBoundedOutput } from './bounded-output.js';
import type { GroupEnd, GroupOptions, ProcessGroup, ProcessGroups } from '../process-group.js';

export interface CommandEnd extends GroupEnd {
  readonly text: string;
  readonly bytes: number;
  readonly omittedBytes: number;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

export interface CommandOptions extends GroupOptions {
  readonly timeoutMs: number;
  /** Ends the command at once. */
  readonly signal: AbortSignal;
  /** Hears what it has printed so far. */
  progress(text: string): void;
}

/** @throws Error when it could not be started */
export async function runCommand(groups: ProcessGroups, options: CommandOptions): Promise<CommandEnd> {
  const startedAt = performance.now();
  const group = await groups.start(options);
  const output = createBoundedOutput(execLimits.outputBytes);
  let telling: NodeJS.Timeout | undefined;
  for (const stream of group.output)
    stream.on('data', (chunk: Buffer) => {
      output.add(chunk);
      telling ??= setTimeout(() => {
        telling = undefined;
        options.progress(output.text());
      }, execLimits.progressMs);
    });
  const stop = (): void => group.signal('SIGKILL');
  if (options.signal.aborted) stop();
  options.signal.addEventListener('abort', stop, { once: true });
  const deadline = watchTime(group, options.timeoutMs);
  const end = await group.ended;
  deadline.clear();
  options.signal.removeEventListener('abort', stop);
  await drained(group.output);
  clearTimeout(telling);
  return {
    ...end,
    text: output.text(),
    bytes: output.bytes,
    omittedBytes: output.omittedBytes,
    timedOut: deadline.passed,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

interface Deadline {
  readonly passed: boolean;
  clear(): void;
}

/** When the time is over the group is asked to end, and made to a little later. */
function watchTime(group: ProcessGroup, timeoutMs: number): Deadline {
  let passed = false;
  let timer = setTimeout(() => {
    passed = true;
    group.signal('SIGTERM');
    timer = setTimeout(() => group.signal('SIGKILL'), execLimits.termGraceMs);
  }, timeoutMs);
  return {
    get passed() {
      return passed;
    },
    clear: () => clearTimeout(timer),
  };
}

/** What was printed last may come after the end; somebody who left the group may also keep a stream open for ever. */
async function drained(streams: readonly Readable[]): Promise<void> {
  const timer = setTimeout(() => streams.forEach((stream) => stream.destroy()), execLimits.drainMs);
  await Promise.allSettled(streams.map((stream) => finished(stream)));
  clearTimeout(timer);
}
