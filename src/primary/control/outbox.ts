/**
 * Sends what connections have to send at the end of each tick: one write per socket. Answers go first, and what goes to many
 * lets other work in between, so that a broadcast to thousands delays nobody's answer. Keeps the unsent bytes of all sockets
 * together below their limit (protocol.md §15).
 */
import { controlLimits, outboxLimits } from '../../shared/limits.js';
import { createFrameBatch, type FrameBatch, type FrameChunk, type OutgoingFrame } from './frame-batch.js';

/** A connection, as far as it is sent from here. */
export interface Sender {
  /** Bytes that its socket has not taken. */
  readonly bufferedBytes: number;
  /** Writes what it has queued. */
  flush(write: WriteBatch): void;
  /** Its unsent bytes are too many. */
  tooSlow(): void;
}

/** The frames of one socket as bytes. `send` says whether they have been taken: then they may serve the next socket. */
export type WriteBatch = (
  frames: readonly OutgoingFrame[],
  numbers: readonly number[],
  send: (chunks: readonly FrameChunk[]) => boolean,
) => void;

export interface Outbox {
  /** It has something to send. `urgent`: someone waits for it. */
  add(sender: Sender, urgent: boolean): void;
  /** Sends what it still has; nothing follows. */
  close(sender: Sender): void;
}

export function createOutbox(): Outbox {
  /** Lists, not sets, since they fill and empty with every tick; who is in one twice has nothing left the second time. */
  let first: Sender[] = [];
  let others: Sender[] = [];
  /** Whose sockets do not take all at once. */
  const behind = new Set<Sender>();
  let planned = false;
  let resting = false;
  let last: FrameBatch | undefined;

  const write: WriteBatch = (frames, numbers, send) => {
    if (!last?.renumber(frames, numbers)) last = createFrameBatch(frames, numbers);
    if (!send(last.chunks)) last = undefined;
  };
  const flush = (sender: Sender): void => {
    sender.flush(write);
    if (sender.bufferedBytes > 0) behind.add(sender);
    else behind.delete(sender);
  };
  const endTick = (): void => {
    planned = false;
    const answered = first;
    first = [];
    for (const sender of answered) flush(sender);
    if (!resting) flushOthers();
    last = undefined;
    if (behind.size > 0) limitBuffered(behind);
  };
  const flushOthers = (): void => {
    const until = performance.now() + outboxLimits.turnMs;
    let done = 0;
    while (done < others.length && performance.now() < until) {
      flush(others[done] as Sender);
      done += 1;
    }
    others = others.slice(done);
    if (others.length > 0) rest();
  };
  const rest = (): void => {
    resting = true;
    setImmediate(() => {
      resting = false;
      endTick();
    });
  };
  return {
    add(sender, urgent) {
      (urgent ? first : others).push(sender);
      if (planned) return;
      planned = true;
      process.nextTick(endTick);
    },
    close(sender) {
      flush(sender);
      behind.delete(sender);
    },
  };
}

/** The fullest go first. */
function limitBuffered(behind: Set<Sender>): void {
  let total = 0;
  for (const sender of behind) {
    if (sender.bufferedBytes === 0) behind.delete(sender);
    total += sender.bufferedBytes;
  }
  if (total <= controlLimits.maxBufferedTotalBytes) return;
  for (const sender of [...behind].toSorted((a, b) => b.bufferedBytes - a.bufferedBytes)) {
    if (total <= controlLimits.maxBufferedTotalBytes) return;
    total -= sender.bufferedBytes;
    behind.delete(sender);
    sender.tooSlow();
  }
}
