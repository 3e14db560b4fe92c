/** The worker's end of the IPC channel: typed messages, log lines and closed connections sent in batches. */
import type { Socket } from 'node:net';
import {
  createAnswerer,
  createAsker,
  type Answerer,
  type Answers,
  type AskOptions,
} from '../shared/asking.js';
import type { PrimaryQuestions, ToPrimary, ToWorker, WorkerQuestions } from '../shared/ipc.js';
import { askLimits } from '../shared/limits.js';
import type { RunPart } from '../shared/run-job.js';
import type { LogSink } from '../shared/log/logger.js';

export interface PrimaryChannel {
  send(message: ToPrimary): void;
  /** Counted, and told in one message per tick. */
  connectionClosed(): void;
  /** Sent with the others of this tick; text that follows text of the same run is joined to it. */
  runPart(part: RunPart): void;
  /** @throws Unanswered */
  ask<N extends keyof PrimaryQuestions>(
    name: N,
    question: PrimaryQuestions[N]['question'],
    options: AskOptions,
  ): Promise<PrimaryQuestions[N]['answer']>;
  /** Who answers what the primary asks from here on; until then it asks nothing. */
  answerWith(answers: Answers<WorkerQuestions, undefined>): void;
  readonly logSink: LogSink;
  /** Questions and answers to questions are not among them. */
  onMessage(listener: (message: OtherMessage, socket: Socket | undefined) => void): void;
  /** The primary is gone. */
  onDisconnect(listener: () => void): void;
}

type OtherMessage = Exclude<ToWorker, { type: 'ask' | 'cancel' | 'answer' | 'refusal' }>;

/** Of one turn of the event loop; the log bounds those of a second, and a turn of many seconds is the last one. */
const MAX_LINES = 10_000;

export function createPrimaryChannel(): PrimaryChannel {
  let closed = 0;
  let lines: { line: string; level: number }[] = [];
  const send = (message: ToPrimary): void => {
    if (process.connected) process.send?.(message);
  };
  const flushClosed = (): void => {
    send({ type: 'closed', count: closed });
    closed = 0;
  };
  let runParts: RunPart[] = [];
  const flushRunParts = (): void => {
    send({ type: 'runs', parts: runParts });
    runParts = [];
  };
  const flushLines = (): void => {
    send({ type: 'log', lines });
    lines = [];
  };
  const asker = createAsker<PrimaryQuestions>(send, askLimits.open);
  let answerer: Answerer<WorkerQuestions> | undefined;
  return {
    send,
    ask: asker.ask,
    answerWith: (answers) => void (answerer = createAnswerer(answers, undefined, send)),
    connectionClosed() {
      closed += 1;
      if (closed === 1) setImmediate(flushClosed);
    },
    runPart(part) {
      const last = runParts.at(-1);
      if (part.type === 'text' && last?.type === 'text' && last.runId === part.runId) {
        runParts[runParts.length - 1] = { ...part, text: last.text + part.text };
      } else if (runParts.push(part) === 1) {
        setImmediate(flushRunParts);
      }
    },
    logSink: {
      write(line, level) {
        if (lines.length >= MAX_LINES) return;
        if (lines.push({ line, level }) === 1) setImmediate(flushLines);
      },
    },
    onMessage: (listener) => {
      process.on('message', (message: ToWorker, handle: unknown) => {
        if (message.type === 'answer' || message.type === 'refusal') asker.received(message);
        else if (message.type === 'ask' || message.type === 'cancel') answerer?.received(message);
        else listener(message, handle as Socket | undefined);
      });
    },
    onDisconnect: (listener) => void process.on('disconnect', listener),
  };
}
