/**
 * Answers that are shown while they are written, where an account wants that and its network can change what was sent. What
 * a network may have is on disk before it is sent, so that the final text becomes the same message:
 *
 *   none ──text──▶ sending (draft without id) ──network has it──▶ shown (draft with id) ──more text──▶ changed …
 *                     ├─ not sent ──▶ none                          └─ the run ends ──▶ its delivery changes it once more
 *                     └─ nobody knows ──▶ given up: the final text is a message of its own
 */
import { draftLimits } from '../../../shared/channels/message-limits.js';
import type { Logger } from '../../../shared/log/logger.js';
import { toError } from '../../../shared/to-error.js';
import type { LiveRun } from '../../sessions/run.js';
import { replyId } from '../../sessions/run-reply.js';
import type { Store } from '../../store/store.js';
import type { RunningAccount } from '../accounts.js';
import { SendError, type OutboundPart } from '../channel.js';

export interface Drafts {
  /** Shows what the run says, if its account wants that. */
  follow(run: LiveRun, from: RunningAccount): void;
  /** The message that shows the answer already, once no change of it is under way; undefined for none. */
  settled(id: string): Promise<string | undefined>;
}

export function createDrafts(store: Pick<Store, 'commit' | 'deliveries'>, log: Logger): Drafts {
  /** Those that are being sent or changed. */
  const busy = new Map<string, Promise<void>>();

  const follow = async (id: string, run: LiveRun, from: RunningAccount): Promise<void> => {
    const { reply } = run.record;
    if (!reply) return;
    const state = { isOver: false };
    const over = run.ended.then(() => void (state.isOver = true));
    let shown = '';
    let messageId: string | undefined;
    for (let n = 0; !state.isOver; n += 1) {
      await Promise.race([over, pause(draftLimits.stepMs)]);
      if (state.isOver || !from.connected || !from.account.edit) continue;
      const text = textOf(run, from);
      if (text === '' || text === shown) continue;
      const part: OutboundPart = {
        id: `draft-${run.record.runId.replaceAll(/[^\w-]/g, '')}-${n}`.slice(0, 200),
        route: reply.route,
        text,
        silent: true,
        ...(reply.replyToId === undefined ? {} : { replyToId: reply.replyToId }),
      };
      const step = messageId === undefined ? begin(id, part, from) : change(messageId, part, from);
      busy.set(id, step.then(ignored, ignored));
      try {
        messageId = await step;
        shown = text;
      } catch (caught) {
        const isNotSent = caught instanceof SendError && caught.kind === 'not-sent';
        if (!isNotSent) {
          log.debug('draft.ended', toError(caught).message);
          return;
        }
        await Promise.race([over, pause(caught.retryAfterMs ?? draftLimits.pauseMs)]);
      }
    }
  };

  const begin = async (id: string, part: OutboundPart, from: RunningAccount): Promise<string> => {
    await store.commit([{ type: 'draft', id, draft: { id } }]);
    try {
      const { messageId } = await from.account.send(part, AbortSignal.timeout(draftLimits.sendMs));
      await store.commit([{ type: 'draft', id, draft: { id, messageId } }]);
      return messageId;
    } catch (caught) {
      const isUnknown = !(caught instanceof SendError) || caught.kind === 'unknown';
      if (!isUnknown) await store.commit([{ type: 'draft', id, draft: null }]);
      throw caught;
    }
  };

  return {
    follow(run, from) {
      if (!from.channel.capabilities.edits || !from.account.streams || !from.account.edit) return;
      const id = replyId(run.record.runId);
      void follow(id, run, from)
        .catch((caught: unknown) => log.error('draft.failed', toError(caught).message))
        .finally(() => busy.delete(id));
    },
    async settled(id) {
      await busy.get(id);
      return (await store.deliveries.draft(id))?.messageId;
    },
  };
}

async function change(messageId: string, part: OutboundPart, { account }: RunningAccount): Promise<string> {
  await account.edit?.(messageId, part, AbortSignal.timeout(draftLimits.sendMs));
  return messageId;
}

/** As much of what was said so far as fits one message. */
function textOf({ text, record: { reply } }: LiveRun, { account }: RunningAccount): string {
  const said = text.trim();
  if (said === '' || !reply) return '';
  return account.split(reply.prefix === undefined ? said : `${reply.prefix} ${said}`, reply.route)[0] ?? '';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function ignored(): void {}
