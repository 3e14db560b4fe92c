/** What a server answers to a call, or does instead, as the outcome of a call of a tool. */
import type { Progress } from '@modelcontextprotocol/client';
import { isRecord } from '../../../shared/is-record.js';
import { mcpLimits, toolRunLimits } from '../../../shared/tools/limits.js';
import { toolError, type ToolContent, type ToolOutcome } from '../../../shared/tools/tool-call.js';
import { errorCode, toError } from '../../../shared/to-error.js';
import type { CallResult } from './session.js';

export function outcomeOf({ content, structuredContent, isError }: CallResult): ToolOutcome {
  const blocks = content.flatMap(asContent);
  if (isError === true) return failed(textOf(blocks));
  const shown =
    blocks.length === 0 && structuredContent !== undefined
      ? [{ type: 'text' as const, text: JSON.stringify(structuredContent) }]
      : blocks;
  const chars = JSON.stringify([shown, structuredContent]).length;
  if (chars > toolRunLimits.resultChars) return toolError('output', 'the result is too large');
  return structuredContent === undefined
    ? { status: 'ok', content: shown }
    : { status: 'ok', content: shown, details: structuredContent };
}

/** What a call was rejected with: by the server, by its deadline, or with the connection. */
export function failureOf(caught: unknown, server: string): ToolOutcome {
  const error = toError(caught);
  if (errorCode(error) === 'REQUEST_TIMEOUT') return toolError('timeout', `${server} did not answer in time`);
  if (errorCode(error) === 'INVALID_RESULT')
    return toolError('failed', `what ${server} answered is not the result of a tool`);
  const { code } = error as { code?: unknown };
  if (code === INVALID_PARAMS) return toolError('input', shortened(error.message));
  return failed(typeof code === 'number' ? error.message : `the call of ${server} failed`);
}

/** What a call has so far. */
export function progressText({ progress, total, message }: Progress): string {
  if (message) return shortened(message);
  return total === undefined ? String(progress) : `${progress} of ${total}`;
}

const INVALID_PARAMS = -32_602;

/** The usual libraries tell of arguments that do not fit as of a failure, with the protocol's number in the text. */
function failed(text: string): ToolOutcome {
  const invalid = text.startsWith(`MCP error ${INVALID_PARAMS}`);
  return toolError(invalid ? 'input' : 'failed', shortened(text) || 'the tool failed and did not say why');
}

function shortened(text: string): string {
  return text.length <= mcpLimits.errorChars ? text : `${text.slice(0, mcpLimits.errorChars)}…`;
}

function textOf(blocks: readonly ToolContent[]): string {
  return blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

/** Texts and images as they are; the rest is named. What is neither is left out. */
function asContent(block: unknown): ToolContent[] {
  if (!isRecord(block)) return [];
  const { type, text, data, mimeType, uri, name, resource } = block;
  const named = typeof mimeType === 'string' ? mimeType : 'of unknown type';
  switch (type) {
    case 'text':
      return typeof text === 'string' ? [{ type, text }] : [];
    case 'image':
      return typeof data === 'string' && named.startsWith('image/') ? [{ type, mimeType: named, data }] : [];
    case 'audio':
      return [{ type: 'text', text: `[audio, ${named}]` }];
    case 'resource_link':
      return [{ type: 'text', text: `[resource ${shown(uri)} ${shown(name)}]` }];
    case 'resource':
      return isRecord(resource) ? asContent(embedded(resource)) : [];
    default:
      return [];
  }
}

function embedded({ text, blob, mimeType, uri }: Record<string, unknown>): object {
  if (typeof text === 'string') return { type: 'text', text };
  if (typeof blob === 'string' && typeof mimeType === 'string' && mimeType.startsWith('image/'))
    return { type: 'image', mimeType, data: blob };
  return { type: 'text', text: `[resource ${shown(uri)}]` };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? shortened(value) : '';
}
