/** The conversation as it stands: what was said, and what is being answered (runs-and-events.md §3). */
import { Refused, type Connection, type Facts } from './connection.js';

export interface Line {
  readonly role: 'user' | 'assistant' | 'error';
  text: string;
}

interface Sent {
  readonly runId: string;
  readonly message: string;
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

/**
 * @param changed called when there is something new to show
 * @param outbox messages by idempotency key that the gateway has not answered; it outlives the connection, and `load`
 *   sends them again: a message that did get through is not run twice
 */
export function createChat(
  { call }: Pick<Connection, 'call'>,
  sessionKey: string,
  changed: () => void,
  outbox = new Map<string, string>(),
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
  /** @returns what the gateway said against it @throws when the connection is lost: it stays in the outbox */
  const deliver = async (runId: string, message: string): Promise<string | undefined> => {
    outbox.set(runId, message);
    try {
      await call('chat.send', { sessionKey, message, idempotencyKey: runId });
    } catch (caught) {
      if (!(caught instanceof Refused)) throw caught;
      outbox.delete(runId);
      return caught.message;
    }
    outbox.delete(runId);
    return undefined;
  };
  return {
    lines,
    get busy() {
      return runs.size > 0;
    },
    async load() {
      const refused: Line[] = [];
      const accepted: Sent[] = [];
      for (const [runId, message] of outbox) {
        const why = await deliver(runId, message);
        if (why === undefined) accepted.push({ runId, message });
        else refused.push({ role: 'user', text: message }, { role: 'error', text: why });
      }
      const { messages, sessionInfo } = await call('chat.history', { sessionKey, limit: 100 });
      const rows = Array.isArray(messages) ? (messages as Facts[]) : [];
      lines.splice(0);
      runs.clear();
      for (const row of rows) {
        const text = textOf(row);
        if (text !== '' && (row.role === 'user' || row.role === 'assistant'))
          lines.push({ role: row.role, text });
      }
      const waiting = notYetIn(lines, accepted);
      const begun = accepted[accepted.length - waiting.length - 1];
      const { activeRunIds } = (sessionInfo ?? {}) as { readonly activeRunIds?: readonly string[] };
      // Its answer belongs before what is said after it.
      if (begun && activeRunIds?.includes(begun.runId)) lineOf(begun.runId);
      for (const { runId, message } of waiting) {
        lines.push({ role: 'user', text: message });
        lineOf(runId);
      }
      lines.push(...refused);
      changed();
    },
    async send(message) {
      const runId = crypto.randomUUID();
      lines.push({ role: 'user', text: message });
      lineOf(runId);
      changed();
      // Without a connection it waits for the next one.
      const why = await deliver(runId, message).catch(() => undefined);
      if (why === undefined) return;
      Object.assign(lineOf(runId), { role: 'error', text: why });
      runs.delete(runId);
      changed();
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

/** Those whose turn has not come, after the ones that were said last: a turn is in the history when it begins. */
function notYetIn(lines: readonly Line[], sent: readonly Sent[]): readonly Sent[] {
  const said = lines.filter(({ role }) => role === 'user').map(({ text }) => text);
  let shown = sent.length;
  while (!sent.slice(0, shown).every(({ message }, at) => said.at(at - shown) === message)) shown -= 1;
  return sent.slice(shown);
}

function textOf({ content }: Facts): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as Facts[]) : [];
  return parts
    .filter(({ type, text }) => type === 'text' && typeof text === 'string')
    .map(({ text }) => text as string)
    .join('\n\n');
}
