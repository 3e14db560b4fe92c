/** Makes a run of a message that is for an agent, or does what it commands. */
import { inboundLimits } from '../../../shared/channels/message-limits.js';
import { requestLimits } from '../../../shared/limits.js';
import type { SentImage } from '../../../shared/media/sent-image.js';
import type { RunReply } from '../../../shared/store/channel-records.js';
import type { SessionEntry, SessionKey } from '../../../shared/store/records.js';
import { mainSessionKey } from '../../../shared/store/session-keys.js';
import { queueModeOf } from '../../sessions/queue-mode.js';
import type { ResetAcceptance, ResetCommands } from '../../sessions/reset-command.js';
import type { LiveRun, RunInput } from '../../sessions/run.js';
import type { Runs } from '../../sessions/runs.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { CurrentSnapshot } from '../../snapshot/snapshot.js';
import type { RunningAccount } from '../accounts.js';
import type { InboundMessage, Route } from '../channel.js';
import type { Deliveries } from '../deliveries.js';
import { enclosedIn } from './attachments.js';
import { answers, mayCommand, readCommand, type ChatCommand } from './commands.js';
import type { Processed } from './inbound.js';

export interface Addressed {
  readonly runId: string;
  readonly from: RunningAccount;
  readonly message: InboundMessage;
  readonly key: SessionKey;
  readonly entry: SessionEntry | undefined;
  readonly agentId: string;
  readonly isOwner: boolean;
  readonly facts: Partial<SessionEntry>;
  readonly route: Route;
}

/** @throws when it cannot be accepted now */
export type StartTurn = (addressed: Addressed) => Promise<Processed>;

export interface StartTurnServices {
  readonly runs: Runs;
  readonly resets: ResetCommands;
  readonly sessions: Sessions;
  readonly current: CurrentSnapshot;
  readonly deliveries: Pick<Deliveries, 'enqueue'>;
  /** The run goes on: its answer will go there. */
  begun(run: LiveRun, addressed: Addressed): void;
  /** Ends waits and fetches. */
  readonly stop: AbortSignal;
}

export function createStartTurn(services: StartTurnServices): StartTurn {
  const { runs, resets, sessions, current, deliveries, begun, stop } = services;
  const { store } = sessions;

  const isTaken = async (runId: string): Promise<boolean> =>
    runs.live(runId) !== undefined || (await store.runs.get(runId)) !== undefined;

  const say = async ({ runId, route, message }: Addressed, text: string): Promise<void> => {
    const replyToId = route.kind === 'direct' ? {} : { replyToId: message.id };
    await deliveries.enqueue({ id: `answer:${runId}`, route, text, kind: 'reply', ...replyToId });
  };

  /** Tries again while too many runs wait. @throws Error when it is no use */
  const accept = async (input: RunInput, command: ChatCommand | undefined): Promise<ResetAcceptance> => {
    for (let tries = 1; ; tries += 1) {
      const acceptance =
        command?.name === 'reset' ? await resets.accept(input, command.reset) : await runs.accept(input);
      if (acceptance.outcome === 'closed') throw new Error('the gateway is stopping');
      if (acceptance.outcome !== 'busy') return acceptance;
      if (tries >= inboundLimits.busyTries || stop.aborted) throw new Error('too many runs are waiting');
      await new Promise((resolve) => setTimeout(resolve, inboundLimits.busyPauseMs));
    }
  };

  const run = async (addressed: Addressed, command: ChatCommand | undefined): Promise<Processed> => {
    if (await isTaken(addressed.runId)) return { outcome: 'repeated', reason: 'none' };
    const { message } = addressed;
    const { images, lines } = await enclosedIn(message.attachments, stop);
    const input = inputOf(addressed, { images, lines }, command, current());
    const acceptance = await accept(input, command);
    if (acceptance.outcome === 'done') {
      await say(addressed, answers.reset);
      return { outcome: 'command', reason: 'reset' };
    }
    if (acceptance.outcome !== 'accepted') return { outcome: 'repeated', reason: 'none' };
    begun(acceptance.run, addressed);
    return { outcome: 'run', reason: 'none' };
  };

  return async (addressed) => {
    const { key, message, isOwner, runId, agentId, entry } = addressed;
    const { config, routes } = current();
    const command = readCommand(message.text, config.session.resetTriggers);
    if (!command) return run(addressed, undefined);
    const isAlone = message.peer.kind === 'direct' && key !== mainSessionKey(sessions.scheme, agentId);
    const hasOwners = config.commands.ownerAllowFrom.length > 0;
    if (command.name !== 'reset' && (await store.deliveries.get(`answer:${runId}`)))
      return { outcome: 'repeated', reason: 'none' };
    if (!mayCommand(command, { isOwner, hasOwners, isAlone })) {
      await say(addressed, answers.refused);
      return { outcome: 'command', reason: 'refused' };
    }
    switch (command.name) {
      case 'reset':
        return run(addressed, command);
      case 'stop': {
        const ended = await runs.abort(key, undefined, 'stop');
        await say(addressed, ended.length > 0 ? answers.stopped : answers.nothingToStop);
        break;
      }
      case 'status': {
        const model = entry?.model ?? routes.agents[agentId]?.model ?? 'none';
        await say(addressed, `Model: ${model}\nTokens: ${entry?.totalTokens ?? 0}`);
        break;
      }
      case 'help':
        await say(addressed, answers.help);
    }
    return { outcome: 'command', reason: command.name };
  };
}

function inputOf(
  { runId, from, message, key, entry, agentId, isOwner, facts, route }: Addressed,
  { images, lines }: { readonly images: readonly SentImage[]; readonly lines: readonly string[] },
  command: ChatCommand | undefined,
  { config, routes }: ReturnType<CurrentSnapshot>,
): RunInput {
  const isDirect = route.kind === 'direct';
  const { queue, inbound, responsePrefix } = config.messages;
  const queueMode = queueModeOf(undefined, { ...(entry ?? emptyEntry), channel: from.channel.id }, queue);
  const debounceMs = inbound.debounceMs ?? 0;
  const waits = debounceMs > 0 && !command && message.attachments.length === 0 && queueMode !== 'interrupt';
  const reply: RunReply = {
    route,
    kind: 'reply',
    ...(isDirect ? {} : { replyToId: message.id }),
    ...(responsePrefix === null ? {} : { prefix: responsePrefix }),
  };
  const said = [message.text.slice(0, requestLimits.messageChars), ...lines]
    .filter((part) => part.trim() !== '')
    .join('\n');
  return {
    method: 'channel',
    runId,
    key,
    agentId,
    // In a group the agent is to know who speaks; a command stands at the beginning.
    message: isDirect || command ? said : `${speakerOf(message)}: ${said}`,
    images,
    timeoutMs: routes.turnTimeoutMs,
    byStranger: !isOwner || !isDirect,
    queueMode,
    reply,
    facts,
    sender: JSON.stringify([route, message.sender.id]),
    debounceMs: waits ? debounceMs : undefined,
  };
}

const emptyEntry: SessionEntry = { sessionId: '', updatedAt: 0 };

/** One line, however people call themselves. */
function speakerOf({ sender: { id, name } }: InboundMessage): string {
  const said = (name ?? id).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}:]+/gu, ' ').trim();
  return (said === '' ? id : said).slice(0, inboundLimits.nameChars);
}
