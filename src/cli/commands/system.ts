/** `pllan system …` (cli.md §14, methods.md §2). */
import { callGateway } from '../client/call.js';
import type { CommandHandler, ParsedOptions } from '../command.js';
import { formatAge } from '../output/age.js';
import { plainText } from '../output/plain-text.js';
import { numberOf, recordOf, recordsOf, textOf, type Facts } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

function command(
  method: string,
  params: (options: ParsedOptions) => object,
  lines: (answer: unknown, now: number) => readonly string[],
): CommandHandler {
  return async (options, context) => {
    const asked = params(options);
    const answer = await callGateway(await gatewayAccess(options, context), { method, params: asked });
    if (options.flag('json')) context.output.document(answer ?? null);
    else context.output.print(...lines(answer, Date.now()));
    return 0;
  };
}

export const systemEvent = command(
  'wake',
  (options) => {
    const text = options.text('text');
    if (!text?.trim()) throw new UserError('What is it to be told? Pass --text.');
    const mode = options.text('mode') ?? 'next-heartbeat';
    if (mode !== 'now' && mode !== 'next-heartbeat')
      throw new UserError('Invalid --mode (use "now" or "next-heartbeat")');
    const [sessionKey, agentId] = [options.text('session-key'), options.text('agent')];
    return { text, mode, ...(sessionKey ? { sessionKey } : {}), ...(agentId ? { agentId } : {}) };
  },
  () => ['Told.'],
);

export const heartbeatLast = command('last-heartbeat', () => ({}), lastLines);

const switched = (enabled: boolean, said: string): CommandHandler =>
  command(
    'set-heartbeats',
    () => ({ enabled }),
    () => [said],
  );

export const heartbeatEnable = switched(true, 'Heartbeats are on.');
export const heartbeatDisable = switched(false, 'Heartbeats are off until the gateway starts anew.');

export const systemPresence = command(
  'system-presence',
  () => ({}),
  (answer, now) => {
    const rows = recordsOf(answer);
    return rows.length === 0 ? ['Nobody is there.'] : rows.map((row) => presenceLine(row, now));
  },
);

function lastLines(answer: unknown, now: number): string[] {
  const last = recordOf(answer);
  const at = numberOf(last.ts);
  if (at === undefined) return ['No heartbeat yet.'];
  const facts = ['agentId', 'reason', 'channel', 'to', 'preview', 'message'].flatMap((name) => {
    const text = textOf(last[name]);
    return text === undefined ? [] : [`  ${name}: ${plainText(text)}`];
  });
  return [`${textOf(last.status) ?? '?'}, ${formatAge(now - at)} ago`, ...facts];
}

function presenceLine(row: Facts, now: number): string {
  const words = ['host', 'ip', 'mode', 'version', 'platform', 'reason'].flatMap((name) => {
    const text = textOf(row[name]);
    return text === undefined ? [] : [plainText(text)];
  });
  const at = numberOf(row.ts);
  return [...words, ...(at === undefined ? [] : [`${formatAge(now - at)} ago`])].join('  ');
}
