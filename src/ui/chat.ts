/** The conversation as it stands: what was said, and what is being answered (runs-and-events.md §3). */
import type { Connection, Facts } from './connection.js';

export interface Line {
  readonly role: 'user' | 'assistant' | 'error';
  text: string;
}

export interface Chat {
  readonly lines: readonly Line[];
  /** A run of ours is under way. */
  readonly busy: boolean;
  load(): Promise<void>;
  send(message: string): Promise<void>;
  stop(): Promise<void>;
  /** An event `chat`. */
  received(payload: Facts): void;
}

/** @param changed called when there is something new to show */
export function createChat(
  { call }: Pick<Connection, 'call'>,
  sessionKey: string,
  changed: () => void,
): Chat {
  const lines: Line[] = [];
  /** The line of each run that is under way. */
  const runs = new Map<string, Line>();
  const lineOf = (runId: string): Line => {
    let line = runs.get(runId);
    if (!line) {
      line = { role: 'assistant', text: '' };
      runs.set(runId, line);
      lines.push(line);
    }
    return line;
  };
  return {
    lines,
    get busy() {
      return runs.size > 0;
    },
    async load() {
      const { messages } = await call('chat.history', { sessionKey, limit: 100 });
      const rows = Array.isArray(messages) ? (messages as Facts[]) : [];
      lines.splice(0);
      runs.clear();
      for (const row of rows) {
        const text = textOf(row);
        if (text !== '' && (row.role === 'user' || row.role === 'assistant'))
          lines.push({ role: row.role, text });
      }
      changed();
    },
    async send(message) {
      const runId = crypto.randomUUID();
      lines.push({ role: 'user', text: message });
      lineOf(runId);
      changed();
      try {
        await call('chat.send', { sessionKey, message, idempotencyKey: runId });
      } catch (caught) {
        Object.assign(lineOf(runId), { role: 'error', text: (caught as Error).message });
        runs.delete(runId);
        changed();
      }
    },
    async stop() {
      await call('chat.abort', { sessionKey });
    },
    received(payload) {
      if (payload.sessionKey !== sessionKey) return;
      const runId = String(payload.runId);
      const { state, message, errorMessage } = payload;
      if (state === 'status') return;
      const line = lineOf(runId);
      if (message) line.text = textOf(message as Facts);
      if (state === 'error') Object.assign(line, { role: 'error', text: String(errorMessage) });
      if (state !== 'delta') {
        runs.delete(runId);
        if (line.text === '') lines.splice(lines.indexOf(line), 1);
      }
      changed();
    },
  };
}

function textOf({ content }: Facts): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as Facts[]) : [];
  return parts
    .filter(({ type, text }) => type === 'text' && typeof text === 'string')
    .map(({ text }) => text as string)
    .join('\n\n');
}
