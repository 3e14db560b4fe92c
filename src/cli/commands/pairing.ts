/** `pllan pairing …`: people who write over chat networks for the first time. */
import { callGateway } from '../client/call.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { plainText } from '../output/plain-text.js';
import { recordOf, textOf } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

const minuteMs = 60_000;

export const pairingList: CommandHandler = async (options, context) => {
  const channel = options.arg('channel');
  const params = channel === undefined ? {} : { channel };
  const answer = await ask('list', params, options, context);
  if (options.flag('json')) context.output.document(answer);
  else context.output.print(...requestLines(answer, Date.now()));
  return 0;
};

export const pairingApprove = decision('approve', (name) => `${name} may write now.`);
export const pairingReject = decision('reject', (name) => `${name} was turned away.`);

function decision(verb: 'approve' | 'reject', said: (name: string) => string): CommandHandler {
  return async (options, context) => {
    const params = { channel: options.requiredArg('channel'), code: options.requiredArg('code') };
    const answer = await ask(verb, params, options, context).catch(explain);
    if (options.flag('json')) context.output.document(answer);
    else context.output.print(said(nameOf(recordOf(answer))));
    return 0;
  };
}

/** @throws UserError with where codes are to be seen */
function explain(caught: unknown): never {
  if (!(caught instanceof UserError) || caught.message !== 'unknown pairing code') throw caught;
  const { message, details, facts, exitCode } = caught;
  throw new UserError(message, [...details, 'Codes that wait: pllan pairing list'], facts, exitCode);
}

async function ask(
  verb: string,
  params: object,
  options: ParsedOptions,
  context: CommandContext,
): Promise<unknown> {
  const access = await gatewayAccess(options, context);
  return callGateway(access, { method: `channels.pairing.${verb}`, params });
}

function requestLines(answer: unknown, nowMs: number): string[] {
  const { requests } = recordOf(answer);
  if (!Array.isArray(requests) || requests.length === 0) return ['Nobody waits to be approved.'];
  return requests.map(recordOf).map((request) => {
    const { channel, accountId, code, expiresAt } = request;
    const minutes = Math.max(0, Math.ceil((Number(expiresAt) - nowMs) / minuteMs));
    const place = [channel, accountId].map((one) => plainText(textOf(one) ?? '?')).join(' ');
    return `- ${plainText(textOf(code) ?? '?')}: ${nameOf(request)} (${place}), ${minutes} min left`;
  });
}

/** People call themselves what they like. */
function nameOf({ name, sender }: Record<string, unknown>): string {
  const id = plainText(textOf(sender) ?? '?');
  const called = textOf(name);
  return called === undefined ? id : `${plainText(called)} (${id})`;
}
