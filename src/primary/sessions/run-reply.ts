/**
 * What of a run's end goes to a chat network: in the same commit as the end, so that it is sent once whatever dies. Nothing
 * is said where the model said nothing, or where somebody stopped the run.
 */
import type { RunEnd, RunRecord } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';

/** Whoever wrote gets these; what really went wrong is the operator's. */
const failed = 'Something went wrong, and there is no answer. Please try again.';
const interrupted = 'The gateway was restarted before the answer was ready. Please send that again.';
const dropped =
  'Too many messages were waiting: there is no answer to this one. Please send it again if it still matters.';
const gaveWay =
  'Somebody else wrote before the answer was ready, so there is none. Please send that again if it still matters.';
const tooLong = 'That took too long and was stopped.';

/** Names the delivery of a run's answer, and its draft. */
export function replyId(runId: string): string {
  return `reply:${runId}`;
}

export function replyChanges({ runId, reply }: RunRecord, end: RunEnd): Change[] {
  if (!reply) return [];
  const { prefix, ...where } = reply;
  const id = replyId(runId);
  const add = (name: string, text: string): Change => ({
    type: 'delivery',
    delivery: { id: name, ...where, text, createdAt: end.endedAt },
  });
  const text = end.status === 'ok' ? saidIn(end) : '';
  if (text !== '') return [add(id, prefix === undefined ? text : `${prefix} ${text}`)];
  const excuse = reply.kind === 'reply' ? excuseFor(end) : undefined;
  const noDraft: Change = { type: 'draft', id, draft: null };
  return excuse === undefined ? [noDraft] : [noDraft, add(`${id}:end`, excuse)];
}

/** Its messages, as a chat client shows them. */
function saidIn({ payload }: RunEnd): string {
  const { payloads = [] } = (payload.result ?? {}) as {
    readonly payloads?: readonly { readonly text?: string }[];
  };
  return payloads
    .map(({ text = '' }) => text)
    .filter((text) => text.trim() !== '')
    .join('\n\n');
}

function excuseFor(end: RunEnd): string | undefined {
  const {
    status,
    message = '',
    payload: { stopReason },
  } = end;
  if (end.gaveWay) return status === 'ok' ? dropped : gaveWay;
  if (message.startsWith('dropped:')) return dropped;
  if (status === 'error') return message.startsWith('interrupted:') ? interrupted : failed;
  if (stopReason === 'restart') return interrupted;
  return stopReason === 'timeout' ? tooLong : undefined;
}
