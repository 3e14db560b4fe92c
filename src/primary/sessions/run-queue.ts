/**
 * The runs of each session in the order in which they go, and how people's messages wait (runs-and-events.md §5). Nobody's
 * message is lost here without a word: one that leaves the queue has begun, has been taken over, or is told why not.
 *
 *   enters ──key claimed──▶ queued ──first of its session──▶ [collect: until a pause] ──▶ its lane ──▶ begins
 *                             │  ▲
 *                             │  └─ interrupt: enters before those that only wait, and ends those that are before it,
 *                             │     each as soon as its message is in the transcript
 *                             ├─ collect: the neighbour before it begins ──▶ joins it: taken over in the commit that
 *                             │                                              stores the messages of both
 *                             └─ more than `cap` wait ──▶ the oldest is dropped, with a short line for the next turn
 *                                                         (`summarize`) or an error (`old`); `new`: what comes is refused
 */
import { isDeepStrictEqual } from 'node:util';
import type { QueueSettings } from '../../shared/config/queue-schema.js';
import { runLimits } from '../../shared/session-limits.js';
import type { SessionKey } from '../../shared/store/records.js';
import { createLanes, type LaneWait, type Place } from './lanes.js';
import type { LiveRuns } from './live-runs.js';
import type { Run } from './run.js';

export interface RunQueue {
  /** Gives the run its place. False when too many wait. */
  enter(run: Run): boolean;
  /** A place for something that is not a run; undefined when too many wait. */
  hold(key: SessionKey, start: () => void): Place | undefined;
  /** It is accepted: what that means for the others of its session. */
  accepted(run: Run): void;
  /** Those that one that begins takes with it, in order. */
  joining(run: Run): readonly Run[];
  leave(run: Run): void;
  /** More may run at one time than before. */
  limitsChanged(): void;
}

/** Runs at one time, by lane. */
export type ConcurrentRuns = Readonly<Record<'main' | 'subagent' | typeof CRON_LANE, number>>;

/** Of cron jobs. */
export const CRON_LANE = 'cron';

export interface RunQueueOptions {
  readonly live: LiveRuns<Run>;
  settings(): QueueSettings;
  concurrent(): ConcurrentRuns;
  now(): number;
  waited(wait: LaneWait): void;
  /** Its turn has come, if it is accepted. */
  begin(run: Run): void;
  /** Another one is to go instead. */
  interrupt(run: Run, by: Run): void;
  drop(run: Run): void;
}

/** The lane of a run that names none. */
const MAIN = 'main';

/** First of its session, and waiting for a pause. */
interface Held {
  readonly run: Run;
  readonly letGo: () => void;
  timer: NodeJS.Timeout | undefined;
}

export function createRunQueue(options: RunQueueOptions): RunQueue {
  const { live, settings, now } = options;
  const { waitingPerSession, waiting, lanes: named } = runLimits;
  const concurrent = (lane: string): number | undefined => {
    if (lane !== MAIN && lane !== 'subagent' && lane !== CRON_LANE) return undefined;
    return options.concurrent()[lane];
  };
  const { waited } = options;
  const lanes = createLanes({ concurrent, waitingPerSession, waiting, lanes: named, now, waited });
  const held = new Map<SessionKey, Held>();
  /** Of all that have not left. */
  let chars = 0;

  /** Messages of the session that others may have to give way to; one that interrupts never waits long. */
  const messagesIn = (key: SessionKey): Run[] =>
    live.of(key).filter(({ input: { queueMode }, state, place }) => {
      const waits = (state === 'claiming' || state === 'queued') && place?.running !== true;
      return waits && queueMode !== undefined && queueMode !== 'interrupt';
    });
  const letGo = (key: SessionKey): void => {
    const one = held.get(key);
    clearTimeout(one?.timer);
    held.delete(key);
    one?.letGo();
  };
  const pauseOf = ({ input: { queueMode, debounceMs = 0 } }: Run): number =>
    Math.max(queueMode === 'collect' ? settings().debounceMs : 0, debounceMs);
  /** Lets the held one go when so many milliseconds pass without another message, or when no other could join it. */
  const pause = (key: SessionKey, ms: number): void => {
    const one = held.get(key);
    if (!one) return;
    clearTimeout(one.timer);
    const all = live.of(key);
    const open =
      all.length < settings().cap && all.every((other) => other === one.run || joins(one.run, other));
    if (ms <= 0 || !open) letGo(key);
    else one.timer = setTimeout(() => letGo(key), Math.min(ms, pauseOf(one.run)));
  };
  const hold = (run: Run, letGo: () => void): void => {
    const { key } = run.input;
    held.set(key, { run, letGo, timer: undefined });
    const last = live.of(key).at(-1) ?? run;
    pause(key, last.record.acceptedAt + pauseOf(run) - now());
  };
  return {
    enter(run) {
      const { key, queueMode, debounceMs, lane = MAIN } = run.input;
      const interrupts = queueMode === 'interrupt';
      const limited = queueMode !== undefined && !interrupts && settings().drop === 'new';
      if (limited && messagesIn(key).length >= settings().cap) return false;
      if (chars + charsOf(run) > runLimits.waitingChars) return false;
      const next = interrupts
        ? live.of(key).find(({ place, input }) => place?.behind === true && input.queueMode !== 'interrupt')
        : undefined;
      run.place = lanes.enter({
        session: key,
        lane,
        before: next?.place,
        start: () => options.begin(run),
        ...(queueMode === 'collect' || debounceMs !== undefined ? { hold: (letGo) => hold(run, letGo) } : {}),
        holdsAtOnce: debounceMs !== undefined,
      });
      if (!run.place) return false;
      live.add(run, next);
      chars += charsOf(run);
      return true;
    },
    hold: (session, start) => lanes.enter({ session, lane: MAIN, start }),
    limitsChanged: lanes.limitsChanged,
    accepted(run) {
      const { key, queueMode } = run.input;
      const all = live.of(key);
      if (queueMode === 'interrupt')
        for (const one of all.slice(0, all.indexOf(run))) options.interrupt(one, run);
      else if (queueMode !== undefined) {
        const messages = messagesIn(key).filter(({ state }) => state === 'queued');
        const tooMany = Math.max(0, messages.length - settings().cap);
        for (const one of messages.slice(0, tooMany)) options.drop(one);
      }
      const first = held.get(key)?.run;
      if (first) pause(key, pauseOf(first));
    },
    joining(run) {
      const all = live.of(run.input.key);
      const behind = all.slice(all.indexOf(run) + 1);
      const end = behind.findIndex((other) => !joins(run, other) || other.state !== 'queued');
      return end === -1 ? behind : behind.slice(0, end);
    },
    leave(run) {
      const { key } = run.input;
      live.delete(run);
      chars -= charsOf(run);
      const one = held.get(key);
      if (one?.run === run) {
        clearTimeout(one.timer);
        held.delete(key);
      }
      run.place?.leave();
    },
  };
}

/** Whether the message of the other may be one with that of the run: both are answered at once, in one place. */
function joins({ input }: Run, { input: other }: Run): boolean {
  if (input.reply && other.reply && !isDeepStrictEqual(input.reply.route, other.reply.route)) return false;
  if (!input.reply !== !other.reply) return false;
  // What a stranger says must not be done with an owner's rights.
  if (!input.byStranger !== !other.byStranger) return false;
  if (input.queueMode === 'collect' && other.queueMode === 'collect') return true;
  const waits = input.debounceMs !== undefined && other.debounceMs !== undefined;
  return waits && input.sender === other.sender;
}

/** What a run keeps in memory until its end. */
function charsOf({ input: { message, systemPrompt = '' } }: Run): number {
  return message.length + systemPrompt.length;
}
