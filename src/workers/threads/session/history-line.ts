/**
 * A line of a transcript as turns need it. It is made once, when the line is read, and kept from turn to turn: a turn on a
 * long conversation looks at every one of them.
 */
import type { ClientToolCall, ImageBlock, TranscriptEntry } from '../../../shared/store/records.js';
import { HEARTBEAT_LINE } from '../../../shared/heartbeat-ack.js';
import { toldCall } from '../client-tool-calls.js';
import type { TurnImage, TurnMessage } from '../turn.js';

export interface HistoryLine {
  readonly id: string;
  /** Shown to the turn that it is the last line of, and to none after it. */
  readonly once?: true;
  /** Of its text. */
  readonly chars: number;
  /** What a model is shown of a line without images; undefined for nothing. */
  readonly shown: ShownLine | undefined;
  /** Of one with images, that depends on the model. */
  readonly images: LineWithImages | undefined;
  /** Of a line that is a summary. */
  readonly compaction: { readonly summary: string; readonly firstKeptEntryId: string } | undefined;
}

export interface ShownLine {
  readonly id: string;
  readonly message: TurnMessage;
  /** Images of it that the model is not shown. */
  readonly hiddenImages: number;
}

/** Gives an image to be shown; undefined for one that the model is not shown. */
export type ShowImage = (image: ImageBlock) => TurnImage | undefined;

interface LineWithImages {
  readonly id: string;
  readonly texts: readonly string[];
  readonly blocks: readonly ImageBlock[];
}

export function historyLine(line: TranscriptEntry): HistoryLine {
  const { id } = line;
  const none = { id, chars: 0, shown: undefined, images: undefined, compaction: undefined };
  switch (line.type) {
    case 'message':
      return { ...none, ...messageParts(id, line.message as StoredMessage) };
    case 'custom_message': {
      const text = typeof line.content === 'string' ? line.content : '';
      const once = line.customType === HEARTBEAT_LINE ? ({ once: true } as const) : {};
      return { ...none, ...once, chars: text.length, shown: userLine(id, text) };
    }
    case 'compaction': {
      const { summary, firstKeptEntryId } = line as StoredCompaction;
      return { ...none, chars: summary.length, compaction: { summary, firstKeptEntryId } };
    }
    default:
      return none;
  }
}

export function withImages({ id, texts, blocks }: LineWithImages, show: ShowImage): ShownLine {
  const images = blocks.map(show).filter((image) => image !== undefined);
  const hiddenImages = blocks.length - images.length;
  const missing = hiddenImages > 0 ? [`[${hiddenImages} of ${blocks.length} images left out]`] : [];
  const text = [...texts, ...missing].join('\n');
  return { id, message: { role: 'user', text, ...(images.length > 0 ? { images } : {}) }, hiddenImages };
}

function messageParts(
  id: string,
  { role, content = [], toolCallId }: StoredMessage,
): Pick<HistoryLine, 'chars'> & Partial<HistoryLine> {
  const texts = content.flatMap((block) => (block.type === 'text' ? [(block as TextBlock).text] : []));
  const text = texts.join('\n');
  const chars = text.length;
  if (role === 'assistant') {
    const calls = content.filter((block) => block.type === 'toolCall') as ToolCallBlock[];
    if (calls.length === 0 && texts.every((one) => one === '')) return { chars };
    const toolCalls = calls.map(toldCall);
    const written = toolCalls.reduce((sum, call) => sum + call.arguments.length, 0);
    return { chars: chars + written, shown: { id, message: { role, text, toolCalls }, hiddenImages: 0 } };
  }
  if (role === 'toolResult') {
    const message = { role: 'tool', toolCallId: toolCallId ?? '', text } as const;
    return { chars, shown: { id, message, hiddenImages: 0 } };
  }
  if (role !== 'user') return { chars };
  const blocks = content.filter((block) => block.type === 'image') as ImageBlock[];
  if (blocks.length > 0) return { chars, images: { id, texts, blocks } };
  return { chars, shown: userLine(id, text) };
}

function userLine(id: string, text: string): ShownLine | undefined {
  return text === '' ? undefined : { id, message: { role: 'user', text }, hiddenImages: 0 };
}

interface StoredCompaction extends TranscriptEntry {
  readonly summary: string;
  readonly firstKeptEntryId: string;
}

interface StoredMessage {
  readonly role: string;
  readonly toolCallId?: string;
  readonly content?: readonly (TextBlock | ImageBlock | ToolCallBlock | { readonly type: string })[];
}

interface ToolCallBlock extends ClientToolCall {
  readonly type: 'toolCall';
}

interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}
