/**
 * Makes a session shorter for its model: what is old is told in few words by the model itself, what is new stays as it
 * is (runs-and-events.md §8). Long conversations are summarized piece by piece, and in smaller pieces when even those
 * are too much for the model.
 */
import { compactionLimits } from '../../../shared/session-limits.js';
import type { Compaction } from '../../../shared/run-job.js';
import { streamTurn, type TurnJob } from '../run-turn.js';
import { ResultSink } from '../turn-sink.js';
import type { TurnMessage } from '../turn.js';
import { isContextOverflow, UpstreamFailure } from '../upstream/failure.js';
import type { History } from './history.js';
import type { ShownLine } from './history-line.js';

/** Asks the model for the summary; a turn's job without the turn. */
export type Ask = Omit<TurnJob, 'turn'>;

export interface Compacted {
  readonly compaction: Compaction;
  /** What the model is shown from now on. */
  readonly history: History;
}

export interface Keep {
  readonly chars: number;
  /** The last message must stay as it is: it is still to be answered. */
  readonly last: boolean;
}

/** Undefined when there is nothing to summarize. @throws UpstreamFailure */
export async function compact(history: History, keep: Keep, ask: Ask): Promise<Compacted | undefined> {
  const { summary: before, lines, fresh } = history;
  const from = firstKept(lines, keep);
  if (from === 0 || fresh === 0) return undefined;
  const summary = await summarize(lines.slice(0, from), before, ask);
  const kept = lines.slice(from);
  const chars = lines.reduce((sum, line) => sum + sizeOf(line), before?.length ?? 0);
  return {
    compaction: {
      summary,
      firstKept: kept[0]?.id ?? null,
      kept: kept.length,
      tokensBefore: Math.ceil(chars / compactionLimits.charsPerToken),
    },
    history: { summary, lines: kept, fresh: 0 },
  };
}

/** Where what stays begins: with a message of the user, in the newer half, and not longer than what is to be kept. */
function firstKept(lines: readonly ShownLine[], keep: Keep): number {
  const total = lines.reduce((sum, line) => sum + sizeOf(line), 0);
  const most = Math.min(keep.chars, total / 2);
  const last = lines.length - 1;
  let from = keep.last ? last : lines.length;
  let chars = 0;
  for (const [index, line] of [...lines.entries()].toReversed()) {
    chars += sizeOf(line);
    if (chars > most) break;
    if (line.message.role === 'user') from = Math.min(from, index);
  }
  return Math.max(0, from);
}

async function summarize(lines: readonly ShownLine[], before: string | undefined, ask: Ask): Promise<string> {
  let summary = before;
  let pieceChars: number = compactionLimits.pieceChars;
  for (let done = 0; done < lines.length;) {
    const piece = takePiece(lines, done, pieceChars);
    const sink = new ResultSink();
    try {
      await streamTurn({ ...ask, turn: summaryTurn(summary, piece.text) }, sink);
    } catch (caught) {
      if (!isContextOverflow(caught) || pieceChars <= compactionLimits.pieceMinChars) throw caught;
      pieceChars /= 2;
      continue;
    }
    summary = sink.whole.text.trim();
    if (summary === '') throw new UpstreamFailure('malformed', 'the model gave an empty summary');
    done = piece.end;
  }
  return summary ?? '';
}

interface Piece {
  readonly text: string;
  /** The line after it. */
  readonly end: number;
}

/** As many lines as fit, at least one, which is cut when it does not fit alone. */
function takePiece(lines: readonly ShownLine[], start: number, chars: number): Piece {
  let text = '';
  let end = start;
  for (const { message } of lines.slice(start)) {
    const said = spoken(message);
    if (end > start && text.length + said.length > chars) break;
    text += said;
    end += 1;
  }
  return { text: text.length > chars ? `${text.slice(0, chars)}\n[cut]\n` : text, end };
}

function spoken(message: TurnMessage): string {
  const who = { user: 'User', assistant: 'Assistant', tool: 'Tool' }[message.role];
  const images = message.role === 'user' ? (message.images ?? []).map(() => ' [image]') : [];
  const calls =
    message.role === 'assistant'
      ? message.toolCalls.map((call) => `\n[calls the tool ${call.name}: ${call.arguments}]`)
      : [];
  return `${who}: ${message.text}${images.join('')}${calls.join('')}\n\n`;
}

function sizeOf({ message }: ShownLine): number {
  if (message.role !== 'assistant') return message.text.length;
  return message.toolCalls.reduce((sum, call) => sum + call.arguments.length, message.text.length);
}

const INSTRUCTION = `You keep the memory of a conversation between a user and an assistant that has become too long.
Write down what the assistant needs in order to go on as if it remembered everything: what the user wants and prefers,
what was decided and why, facts, names, numbers, paths and quotes that may be needed again, what is done and what is open.
Leave out pleasantries. Do not answer the conversation. Give the notes alone, in the language of the conversation.`;

function summaryTurn(before: string | undefined, text: string): TurnJob['turn'] {
  const known = before === undefined ? '' : `Notes so far, which yours replace:\n\n${before}\n\n`;
  return {
    system: INSTRUCTION,
    messages: [{ role: 'user', text: `${known}The conversation:\n\n${text}` }],
    tools: [],
    toolChoice: undefined,
    sampling: {},
  };
}
