/** One run as long as it has not ended: what was asked, where it stands, what of it others may see. */
import type { ModelRef } from '../../shared/config/model-ref.js';
import type { QueueMode } from '../../shared/config/queue-schema.js';
import { deferred, type Deferred } from '../../shared/deferred.js';
import type { SentImage } from '../../shared/media/sent-image.js';
import type { Pace } from '../../shared/pace.js';
import type {
  HttpRunFacts,
  RunEnd,
  RunMethod,
  RunRecord,
  RunReport,
  SessionEntry,
  SessionKey,
  ToolResult,
} from '../../shared/store/records.js';
import type { RunReply } from '../../shared/store/channel-records.js';
import { thinkingLevelOf, type ThinkingLevel } from '../../shared/thinking.js';
import type { Place } from './lanes.js';
import type { RunOutcome } from './run-end.js';
import { RunDeltas } from './run-deltas.js';
import { RunEvents, type Broadcast, type TellTool } from './run-events.js';
import { RunLines } from './run-lines.js';
import { RunText } from '../../shared/run-text.js';
import { imageBlock } from './sent-image.js';

export interface RunInput {
  readonly method: RunMethod;
  readonly runId: string;
  readonly key: SessionKey;
  readonly agentId: string;
  readonly message: string;
  readonly images?: readonly SentImage[];
  /** Milliseconds from its start; infinite for none. */
  readonly timeoutMs: number;
  readonly model?: ModelRef | undefined;
  /** Tried in order when that one cannot answer, instead of the agent's own. */
  readonly fallbacks?: readonly ModelRef[];
  /** It answers a heartbeat: with so many characters beside the token it still says nothing. */
  readonly ackMaxChars?: number;
  /** A level (`ThinkingLevel`); any other word counts for nothing. */
  readonly thinking?: string | undefined;
  /** Of its tools only these. */
  readonly toolsAllow?: readonly string[];
  readonly systemPrompt?: string | undefined;
  /** It is about what came from outside: tools that are the owner's alone are not for it. */
  readonly byStranger?: boolean;
  /** Undefined for the one of all sessions. */
  readonly lane?: string | undefined;
  /** How a person's message waits while its session is busy; undefined for what just waits its turn. */
  readonly queueMode?: QueueMode | undefined;
  readonly toolResults?: readonly ToolResult[];
  readonly http?: HttpRunFacts;
  readonly report?: RunReport;
  /** What it says goes there, too. */
  readonly reply?: RunReply | undefined;
  /** What its session's entry is to say of where it came from. */
  readonly facts?: Partial<SessionEntry> | undefined;
  /** Who wrote it, and from where; undefined where a client of the gateway did. */
  readonly sender?: string;
  /** It waits until its sender has paused for so long, and takes with it what they wrote meanwhile. */
  readonly debounceMs?: number | undefined;
  /** The worker that alone can run it: it has what else belongs to it, and the client who waits. */
  readonly home?: RunHome;
  /** Whoever asked for it, and sees all that its tools do. */
  readonly owner?: object | undefined;
}

export interface RunHome {
  readonly slot: number;
  /** By which the worker knows it. */
  readonly ticket: number;
}

/** A run that has not ended. */
export interface LiveRun {
  readonly record: RunRecord;
  readonly startedAt: number | undefined;
  /** Its turn has not come. */
  readonly waiting: boolean;
  /** What the model has said so far. */
  readonly text: string;
  readonly ended: Promise<RunEnd>;
}

export interface Run {
  readonly input: RunInput;
  record: RunRecord;
  state: 'claiming' | 'queued' | 'joining' | 'starting' | 'running' | 'ending';
  place: Place | undefined;
  readonly claimed: Deferred<boolean>;
  readonly ended: Deferred<RunEnd>;
  readonly events: RunEvents;
  readonly text: RunText;
  readonly deltas: RunDeltas;
  /** As asked; the longest of those that joined it. */
  timeoutMs: number;
  /** Lines that the model is to see. */
  before: number;
  /** Its own, or else the session's; undefined for the agent's. */
  model: ModelRef | undefined;
  /** Its own, or else the session's; undefined for the agent's. */
  thinking: ThinkingLevel | undefined;
  /** Those who listen see all that its tools do. */
  verbose: boolean;
  slot: number | undefined;
  attempts: number;
  /** How it is to end, since that came while its key or its message was being stored. */
  toEnd: RunOutcome | undefined;
  /** Another one is to go instead: it ends so when its message is in the transcript. */
  interrupted: RunOutcome | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Lines that its turn adds to the transcript before its end. */
  readonly lines: RunLines;
}

/** What a run needs to tell of itself. */
export interface RunVoice {
  readonly broadcast: Broadcast;
  readonly tellTool: TellTool;
  /** Common to all runs. */
  readonly pace: Pace;
  now(): number;
}

/** @param images of its message; they are stored with its key, and not kept */
export function newRun(
  input: Omit<RunInput, 'images'>,
  images: readonly SentImage[],
  acceptedAt: number,
  { broadcast, tellTool, pace, now }: RunVoice,
): Run {
  const { runId, method, key, agentId, message, timeoutMs, model, toolResults = [], http, owner } = input;
  const { report, reply } = input;
  const record: RunRecord = {
    runId,
    method,
    sessionKey: key,
    sessionId: '',
    agentId,
    message,
    ...(images.length > 0 ? { images: images.map(imageBlock) } : {}),
    ...(toolResults.length > 0 ? { toolResults } : {}),
    ...(http ? { http } : {}),
    ...(report ? { report } : {}),
    ...(reply ? { reply } : {}),
    acceptedAt,
  };
  const events = new RunEvents(
    {
      runId,
      sessionKey: key,
      agentId,
      owner,
      ...(method === 'heartbeat' ? { isHeartbeat: true } : {}),
    },
    broadcast,
    tellTool,
  );
  const text = new RunText(input.ackMaxChars);
  return {
    input,
    record,
    state: 'claiming',
    place: undefined,
    claimed: deferred(),
    ended: deferred(),
    events,
    text,
    deltas: new RunDeltas(text, pace, (delta) => events.text(delta, now())),
    timeoutMs,
    before: 0,
    model,
    thinking: thinkingLevelOf(input.thinking),
    verbose: false,
    slot: undefined,
    attempts: 0,
    toEnd: undefined,
    interrupted: undefined,
    timer: undefined,
    lines: new RunLines(),
  };
}

export function viewOf(run: Run): LiveRun {
  return {
    record: run.record,
    startedAt: run.record.startedAt,
    waiting: run.place?.running !== true,
    get text() {
      return run.text.shown;
    },
    ended: run.ended.promise,
  };
}

/** Resolves when the run has ended, or was never accepted. */
export async function gone({ claimed, ended }: Run): Promise<void> {
  if (await claimed.promise) await ended.promise;
}
