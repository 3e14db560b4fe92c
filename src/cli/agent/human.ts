/** The end of a run for people: what the agent said, and why there is no more of it (runs-and-events.md §1.2). */
import { multilineText, plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { recordOf, recordsOf, textOf, textsOf, type Facts } from '../record.js';

/** The reply, for stdout. */
export function replyLines(final: unknown, style: Style): string[] {
  return payloadsOf(final).flatMap((payload) => {
    const text = multilineText(textOf(payload.text) ?? '');
    const media = [textOf(payload.mediaUrl) ?? [], textsOf(payload.mediaUrls)].flat();
    return [
      ...(text === '' ? [] : [payload.isError === true ? style.bad(text) : text]),
      ...[...new Set(media)].map((url) => `Media: ${plainText(url)}`),
    ];
  });
}

/** What is to be said beside it, for stderr. */
export function endNotes(final: unknown): string[] {
  const facts = recordOf(final);
  switch (facts.status) {
    case 'ok':
      return payloadsOf(final).length === 0 ? ['The agent gave no reply.'] : [];
    case 'timeout':
      return [stoppedNote(facts)];
    default:
      return [`Run ${plainText(textOf(facts.summary) ?? 'failed')}.`];
  }
}

function payloadsOf(final: unknown): Facts[] {
  return recordsOf(recordOf(recordOf(final).result).payloads);
}

function stoppedNote({ stopReason, timeoutPhase }: Facts): string {
  const waiting = timeoutPhase === 'queue' ? ' before it began' : '';
  if (stopReason === 'timeout') return `Run timed out${waiting}.`;
  const why = textOf(stopReason);
  return `Run aborted${waiting}${why === undefined ? '' : ` (${plainText(why)})`}.`;
}
