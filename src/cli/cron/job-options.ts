/** From the options of `cron add` and `cron edit` to the fields of a job (methods.md §9). What the gateway checks is left to it. */
import { durationMs } from '../../shared/config/duration.js';
import type { ParsedOptions } from '../command.js';
import { readThinking } from '../option-values.js';
import { UserError } from '../user-error.js';

export type JobFields = Readonly<Record<string, unknown>>;

/** The fields that are named. @param now milliseconds since the epoch. @throws UserError */
export function namedFields(options: ParsedOptions, now: number): JobFields {
  const payload = payloadOf(options);
  return present({
    name: options.text('name'),
    description: options.text('description'),
    agentId: options.text('agent'),
    schedule: scheduleOf(options, now),
    sessionTarget: options.text('session') ?? (payload && targetFor(payload)),
    sessionKey: options.text('session-key'),
    wakeMode: options.text('wake'),
    payload,
    delivery: deliveryOf(options),
    deleteAfterRun: options.flag('delete-after-run') || undefined,
  });
}

/** As `namedFields`, complete. @throws UserError for what is missing */
export function newJobFields(options: ParsedOptions, now: number): JobFields {
  const fields = namedFields(options, now);
  if (fields.name === undefined) throw new UserError('What is it called? Pass --name.');
  if (fields.schedule === undefined) throw new UserError('When? Pass --at, --every or --cron.');
  if (fields.payload === undefined)
    throw new UserError('What is to be done? Pass --message or --system-event.');
  return { wakeMode: 'now', ...fields, ...(options.flag('disabled') ? { enabled: false } : {}) };
}

function scheduleOf(options: ParsedOptions, now: number): JobFields | undefined {
  const { at, every, cron } = Object.fromEntries(
    ['at', 'every', 'cron'].map((name) => [name, options.text(name)]),
  );
  const given = [at, every, cron].filter((value) => value !== undefined);
  if (given.length > 1) throw new UserError('Use one of --at, --every and --cron.');
  if (at !== undefined) {
    const inMs = durationMs(at.replace(/^\+/, ''));
    return { kind: 'at', at: inMs === undefined ? at : new Date(now + inMs).toISOString() };
  }
  if (every !== undefined) return { kind: 'every', everyMs: readDuration(every, 'every') };
  if (cron === undefined) return undefined;
  const stagger = options.text('stagger');
  return {
    kind: 'cron',
    expr: cron,
    ...present({
      tz: options.text('tz'),
      staggerMs: stagger === undefined ? undefined : readDuration(stagger, 'stagger'),
    }),
  };
}

function payloadOf(options: ParsedOptions): JobFields | undefined {
  const [text, message] = [options.text('system-event'), options.text('message')];
  if (text !== undefined && message !== undefined)
    throw new UserError('Use either --message or --system-event.');
  if (text !== undefined) return { kind: 'systemEvent', text };
  const seconds = options.text('timeout-seconds');
  if (seconds !== undefined && !/^\d{1,8}$/.test(seconds))
    throw new UserError('Invalid --timeout-seconds (use a number of seconds, 0 for none)');
  const fields = present({
    message,
    model: options.text('model'),
    fallbacks: listOf(options, 'fallback'),
    thinking: readThinking(options.text('thinking')),
    timeoutSeconds: seconds === undefined ? undefined : Number(seconds),
    toolsAllow: listOf(options, 'tools'),
  });
  return Object.keys(fields).length === 0 ? undefined : { kind: 'agentTurn', ...fields };
}

/** Undefined where the payload alone does not tell. */
function targetFor({ kind, message }: JobFields): string | undefined {
  if (kind === 'systemEvent') return 'main';
  return message === undefined ? undefined : 'isolated';
}

function deliveryOf(options: ParsedOptions): JobFields | undefined {
  const webhook = options.text('webhook');
  const modes = [
    ...(options.flag('announce') ? ['announce'] : []),
    ...(webhook === undefined ? [] : ['webhook']),
    ...(options.flag('no-deliver') ? ['none'] : []),
  ];
  if (modes.length > 1) throw new UserError('Use one of --announce, --webhook and --no-deliver.');
  const fields = present({
    mode: modes[0],
    channel: options.text('channel'),
    to: webhook ?? options.text('to'),
    accountId: options.text('account'),
    bestEffort: options.flag('best-effort') || undefined,
  });
  return Object.keys(fields).length === 0 ? undefined : { mode: 'announce', ...fields };
}

function readDuration(text: string, option: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new UserError(`Invalid --${option} (use a time such as "30m", "12h" or "90s")`);
}

function listOf(options: ParsedOptions, name: string): readonly string[] | undefined {
  const values = options.list(name);
  return values.length === 0 ? undefined : values;
}

function present(fields: JobFields): JobFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
