/** The thread's side of `log-desk.ts`. */
import { parentPort } from 'node:worker_threads';
import { createRedactor, type Redactor } from '../../shared/log/redact.js';
import { readTail } from '../../shared/log/tail.js';
import { errorCode, toError } from '../../shared/to-error.js';
import type { TailAnswer, TailTask } from './log-desk.js';

let known: readonly string[] = [];
let redactor: Redactor = createRedactor(known);

/** Making one for many secrets takes longer than reading a few lines. */
function redactorFor(secrets: readonly string[]): Redactor {
  const same = secrets.length === known.length && secrets.every((secret, place) => secret === known[place]);
  if (!same) redactor = createRedactor(secrets);
  known = secrets;
  return redactor;
}

function answer({ place, request, secrets, shownPath }: TailTask): TailAnswer {
  try {
    const { lines, ...tail } = readTail(place, request, new Date());
    const redacted = redactorFor(secrets).exact(lines.join('\n'));
    const shown = {
      ...tail,
      file: shownPath ?? tail.file,
      lines: lines.length === 0 ? [] : redacted.split('\n'),
    };
    return { ok: true, payload: JSON.stringify(shown) };
  } catch (caught) {
    return { ok: false, reason: errorCode(caught) ?? toError(caught).message };
  }
}

parentPort?.on('message', (task: TailTask) => parentPort?.postMessage(answer(task)));
