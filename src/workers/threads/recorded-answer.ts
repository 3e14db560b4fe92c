/** Gives an answer again that a repeated `Idempotency-Key` stands for: whole, or as a stream of one chunk (http.md §4). */
import { createStreamEncoder, encodeAnswer } from './answer-forms.js';
import { toldCall } from './client-tool-calls.js';
import type { TaskLink } from './link.js';
import type { RecordedTask } from './protocol.js';
import { beginTask, summarize } from './task-progress.js';
import { eventsOf } from './turn-sink.js';
import type { FinishReason, TurnResult } from './turn.js';

const finishes: Readonly<Record<RecordedTask['answer']['stopReason'], FinishReason>> = {
  stop: 'stop',
  length: 'length',
  toolUse: 'tool_calls',
  error: 'content_filter',
};

export async function answerRecorded(task: RecordedTask, link: TaskLink): Promise<void> {
  const progress = beginTask(task.queuedAt);
  const { text, toolCalls, stopReason, usage, created } = task.answer;
  const form = { ...task.form, created };
  const result: TurnResult = {
    text,
    toolCalls: toolCalls.map(toldCall),
    finish: finishes[stopReason],
    usage,
  };
  if (!form.stream) {
    const body = encodeAnswer(form, result);
    link.answer({ status: 200, retryAfter: undefined, body }, summarize(progress));
    return;
  }
  const encoder = createStreamEncoder(form);
  link.head();
  const opening = task.opened ? '' : encoder.open();
  const chunks = eventsOf(result).map((event) => encoder.event(event));
  link.data([opening, ...chunks, encoder.close()].join(''));
  link.end(summarize(progress));
}
