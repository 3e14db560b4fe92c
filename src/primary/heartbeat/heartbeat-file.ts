/** `HEARTBEAT.md` in an agent's workspace: what it is to look after. */
import { join } from 'node:path';
import { durationMs } from '../../shared/config/duration.js';
import { cronLimits } from '../../shared/cron-limits.js';
import { readRegularText } from '../../shared/regular-file.js';

export interface HeartbeatTask {
  readonly name: string;
  readonly everyMs: number;
  readonly prompt: string;
}

export interface HeartbeatFile {
  /** Headings, comments and empty items only. */
  readonly isEmpty: boolean;
  /** Undefined: the file has no list of tasks with times of their own. */
  readonly tasks: readonly HeartbeatTask[] | undefined;
  /** All of it but the tasks. */
  readonly text: string;
}

/** Undefined where there is none. @throws Error in words that follow the file's name */
export function readHeartbeatFile(workspace: string): HeartbeatFile | undefined {
  const text = readRegularText(join(workspace, 'HEARTBEAT.md'), cronLimits.heartbeatFileBytes);
  return text === undefined ? undefined : parseHeartbeatFile(text);
}

/** A list of tasks is a line `tasks:` and items of `name`, `interval` and `prompt`, indented below it. */
export function parseHeartbeatFile(text: string): HeartbeatFile {
  const lines = text.replaceAll(/<!--[^]*?-->/g, '').split(/\r?\n/);
  const begin = lines.findIndex((line) => /^tasks:\s*$/.test(line));
  if (begin === -1) return { isEmpty: lines.every(isBlank), tasks: undefined, text: lines.join('\n').trim() };
  const after = lines.slice(begin + 1);
  const end = after.findIndex((line) => !/^(?:\s*$|\s*-\s|\s+\S)/.test(line));
  const block = end === -1 ? after : after.slice(0, end);
  const rest = [...lines.slice(0, begin), ...(end === -1 ? [] : after.slice(end))];
  return { isEmpty: false, tasks: tasksIn(block), text: rest.join('\n').trim() };
}

function isBlank(line: string): boolean {
  return /^\s*(?:#{1,6}(?:\s.*)?|[-*+]\s*(?:\[[ xX]?\])?)?\s*$/.test(line);
}

function tasksIn(lines: readonly string[]): HeartbeatTask[] {
  const items: Record<string, string>[] = [];
  for (const line of lines) {
    const [, dash, field, value = ''] = /^\s*(-)?\s*(name|interval|prompt):\s*(.*?)\s*$/.exec(line) ?? [];
    if (field === undefined) continue;
    if (dash !== undefined || items.length === 0) items.push({});
    const item = items.at(-1);
    if (item) item[field] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return items.flatMap(({ name, interval = '', prompt }) => {
    const everyMs = durationMs(interval);
    return name && prompt && everyMs !== undefined ? [{ name, everyMs, prompt }] : [];
  });
}
