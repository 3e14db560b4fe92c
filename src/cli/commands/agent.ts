/**
 * `pllan agent`: one turn of an agent on the running gateway, with `--local` on one for this turn alone, and never elsewhere
 * (cli.md §14). The first Ctrl-C stops the run, the second leaves it; the exit code is 0 only for a run that ended well.
 */
import { randomUUID } from 'node:crypto';
import { followRun } from '../agent/follow-run.js';
import { endNotes, replyLines } from '../agent/human.js';
import { withOwnGateway } from '../agent/own-gateway.js';
import type { GatewayAccess } from '../client/call.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { clientLimits, runLimits } from '../limits.js';
import { readThinking } from '../option-values.js';
import { recordOf, type Facts } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

/** As a shell says it of a program that SIGINT ended (cli.md §17). */
const INTERRUPTED = 130;

export const agent: CommandHandler = async (options, context) => {
  const { output } = context;
  const timeout = readSeconds(options.text('timeout'));
  const params = { ...readParams(options), ...(timeout === undefined ? {} : { timeout }) };
  const preferences = readPreferences(options);
  requireAlone(options);
  const access = await gatewayAccess(options, context, clientLimits.timeoutMs);
  const seconds = timeout ?? access.sources.config.agents.defaults.timeoutSeconds;
  const stop = new AbortController();
  const leave = new AbortController();
  const unlisten = listen(context, stop, leave);
  try {
    const whole = { ...access, timeoutMs: waitMs(seconds) };
    const follow = (through: GatewayAccess): Promise<unknown> =>
      followRun(through, { params, preferences }, { stop: stop.signal, leave: leave.signal });
    const final = options.flag('local') ? await withOwnGateway(context, whole, follow) : await follow(whole);
    if (options.flag('json')) output.document(final);
    else {
      output.print(...replyLines(final, output.style));
      output.note(...endNotes(final));
    }
    return recordOf(final).status === 'ok' ? 0 : 1;
  } catch (caught) {
    if (leave.signal.aborted) return INTERRUPTED;
    throw caught;
  } finally {
    unlisten();
  }
};

/** @throws UserError */
function requireAlone(options: ParsedOptions): void {
  if (!options.flag('local')) return;
  const other = ['url', 'token', 'password', 'deliver', 'reply-to', 'reply-channel', 'reply-account'].find(
    (name) => options.text(name) !== undefined || options.flag(name),
  );
  if (other !== undefined) throw new UserError(`--${other} needs a gateway: leave --local out.`);
}

function listen({ onInterrupt, output }: CommandContext, stop: AbortController, leave: AbortController) {
  return onInterrupt(() => {
    if (stop.signal.aborted) return leave.abort();
    output.note('Stopping the run; Ctrl-C again leaves it.');
    stop.abort();
  });
}

/** Options that are words of `agent` as they stand. */
const plain: Readonly<Record<string, string>> = {
  agent: 'agentId',
  'session-key': 'sessionKey',
  'session-id': 'sessionId',
  to: 'to',
  model: 'model',
  channel: 'channel',
  'reply-to': 'replyTo',
  'reply-channel': 'replyChannel',
  'reply-account': 'replyAccountId',
};

function readParams(options: ParsedOptions): Facts & { readonly idempotencyKey: string } {
  const message = options.text('message');
  if (!message?.trim()) throw new UserError('Message is required: pass --message <text>.');
  const given = Object.entries(plain).flatMap(([option, param]) => {
    const value = options.text(option);
    return value === undefined ? [] : [[param, value]];
  });
  const thinking = readThinking(options.text('thinking'));
  const chosen = ['session-key', 'session-id', 'to'].filter((name) => options.text(name) !== undefined);
  if (chosen.length > 1) throw new UserError(`Use either --${chosen[0]} or --${chosen[1]}.`);
  if (chosen.length === 0 && options.text('agent') === undefined)
    throw new UserError('Choose a session: pass --agent, --session-key, --session-id or --to.');
  return {
    message,
    idempotencyKey: randomUUID(),
    ...Object.fromEntries(given),
    ...(thinking === undefined ? {} : { thinking }),
    ...(options.flag('deliver') ? { deliver: true } : {}),
  };
}

function readPreferences(options: ParsedOptions): Facts {
  const verboseLevel = options.text('verbose');
  if (verboseLevel === undefined) return {};
  if (verboseLevel === 'on' || verboseLevel === 'off') return { verboseLevel };
  throw new UserError('Invalid --verbose (use "on" or "off")');
}

function readSeconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (/^\d+$/.test(value) && seconds <= runLimits.maxSeconds) return seconds;
  throw new UserError('Invalid --timeout (use a number of seconds, 0 for none)');
}

function waitMs(seconds: number): number {
  const wanted = seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1_000 + runLimits.graceMs;
  return Math.min(wanted, clientLimits.maxTimeoutMs);
}
