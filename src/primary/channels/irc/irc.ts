/**
 * IRC as a chat network: one connection for each account, over TLS. What is heard is not sent again by anybody, so it is
 * offered to the gateway until it is taken; what is said counts as sent when the server has dealt with it (`outbox.ts`).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IrcConfig } from '../../../shared/channels/irc/config.js';
import { deferred } from '../../../shared/deferred.js';
import { toError } from '../../../shared/to-error.js';
import {
  ChannelError,
  SendError,
  type AccountHost,
  type Channel,
  type ChannelAccount,
  type OutboundPart,
  type Route,
} from '../channel.js';
import { splitText } from '../split-text.js';
import { connect } from './connection.js';
import { createInbox } from './inbox.js';
import { ircLimits } from './limits.js';
import { createLink, type Link } from './link.js';
import { register } from './registration.js';
import { createSelf } from './self.js';
import { settingsOf } from './settings.js';

export const channel: Channel<IrcConfig> = {
  id: 'irc',
  label: 'IRC',
  detailLabel: 'Internet Relay Chat',
  capabilities: {
    typing: false,
    edits: false,
    media: false,
    threads: false,
    groups: true,
    logout: false,
    caseless: true,
  },
  peerOf: (to) => ({ kind: /^[#&+!]/.test(to) ? 'group' : 'direct', id: to }),
  open,
};

function open(config: IrcConfig, host: AccountHost): ChannelAccount {
  const inbox = createInbox(host);
  let link: Link | undefined;
  /** Turns that were waited for before the part was marked as being sent. */
  let turns = 0;
  const linked = (): Link => {
    if (!link?.connection.open) throw new SendError('not-sent', 'not connected');
    return link;
  };
  const turn = async ({ pacer }: Link, signal: AbortSignal): Promise<void> => {
    try {
      await pacer.turn(signal);
    } catch (caught) {
      throw new SendError('not-sent', toError(caught).message);
    }
  };
  const say = async (up: Link, target: string, line: string, signal: AbortSignal) => {
    if (turns > 0) turns -= 1;
    else await turn(up, signal);
    return up.outbox.say(target, line);
  };
  /** Of a part that has begun: it is not begun again, so what the server does not take now waits here. */
  const sayAfter = async (
    up: Link,
    target: string,
    line: string,
    signal: AbortSignal,
  ): ReturnType<typeof say> => {
    for (;;) {
      try {
        return await say(up, target, line, signal);
      } catch (caught) {
        if (!(caught instanceof SendError) || caught.kind !== 'not-sent') throw caught;
        if (caught.retryAfterMs === undefined || !(await passed(caught.retryAfterMs, signal)))
          throw new SendError('unknown', caught.message);
      }
    }
  };
  const split = (text: string, { id }: Route): readonly string[] =>
    linesOf(text, (link?.self ?? createSelf('')).textBytes(id));
  return {
    mode: 'irc',
    async run(signal) {
      try {
        await runOnce(config, host, signal, inbox, (up) => {
          link = up;
          turns = 0;
        });
      } catch (caught) {
        if (!signal.aborted) throw caught;
      } finally {
        link = undefined;
        if (signal.aborted) await inbox.stop(ircLimits.offerAgainMs);
      }
    },
    async paced(_route, signal) {
      await turn(linked(), signal);
      turns += 1;
    },
    async send(part, signal) {
      const up = linked();
      const target = targetOf(part.route, up);
      const [first, ...others] = split(textOf(part), part.route);
      if (first === undefined) throw new SendError('refused', 'there is nothing in it to say');
      let id = await say(up, target, first, signal);
      for (const line of others) id = await sayAfter(up, target, line, signal);
      return { messageId: id ?? part.id };
    },
    split,
    async probe(signal) {
      const { connection, self } = linkedFor(link);
      const token = `probe-${randomUUID()}`;
      const { promise, resolve, reject } = deferred<void>();
      const stop = connection.listen(({ command, params }) => {
        if (command === 'PONG' && params.at(-1) === token) resolve();
      });
      const late = (): void => reject(new ChannelError('lost', 'no answer in time'));
      signal.addEventListener('abort', late, { once: true });
      connection.send('PING', token);
      try {
        await Promise.race([promise, connection.lost]);
      } finally {
        stop();
        signal.removeEventListener('abort', late);
      }
      return aboutOf(self.nick, self.account);
    },
  };
}

async function runOnce(
  config: IrcConfig,
  host: AccountHost,
  signal: AbortSignal,
  inbox: ReturnType<typeof createInbox>,
  linked: (link: Link) => void,
): Promise<void> {
  const settings = settingsOf(config);
  const late = AbortSignal.timeout(ircLimits.registerMs);
  const connection = await connect(settings, AbortSignal.any([signal, late]), host.alive);
  const tooLate = (): void =>
    connection.close(new ChannelError('lost', 'the server does not let it in in time'));
  const leave = (): void => {
    connection.send('QUIT', 'pllan');
    // What was said before may be confirmed still; the server ends it then.
    setTimeout(() => connection.close(new ChannelError('lost', 'stopped')), ircLimits.quitMs).unref();
  };
  late.addEventListener('abort', tooLate, { once: true });
  signal.addEventListener('abort', leave, { once: true });
  const self = createSelf(settings.nick);
  connection.listen(self.learn);
  let link: Link | undefined;
  try {
    if (signal.aborted) return;
    await register(connection, self, settings);
    late.removeEventListener('abort', tooLate);
    link = createLink({ settings, connection, self, inbox, host });
    linked(link);
    await Promise.race([link.ready(), connection.lost]);
    host.connected(aboutOf(self.nick, self.account));
    await connection.lost;
  } finally {
    signal.removeEventListener('abort', leave);
    late.removeEventListener('abort', tooLate);
    link?.stop();
    connection.close(new ChannelError('lost', 'stopped'));
  }
}

function linkedFor(link: Link | undefined): Link {
  if (!link?.connection.open) throw new ChannelError('lost', 'not connected');
  return link;
}

function aboutOf(nick: string, account: string | undefined): Readonly<Record<string, unknown>> {
  return { nick, ...(account !== undefined && { account }) };
}

/** @throws SendError */
function targetOf({ kind, id }: Route, { self, rooms }: Link): string {
  // oxlint-disable-next-line no-control-regex
  if (!/^[^:\s,\u0000-\u001f][^\s,\u0000-\u001f]*$/.test(id) || self.isChannel(id) === (kind === 'direct'))
    throw new SendError('refused', kind === 'direct' ? 'not a nick' : 'not a channel');
  if (kind !== 'direct' && rooms.isIn(id) === false)
    throw new SendError('not-sent', 'it is not in that channel', { retryAfterMs: ircLimits.notJoinedMs });
  return id;
}

/** False when the signal came before. */
async function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    return await sleep(ms, true, { signal });
  } catch {
    return false;
  }
}

function textOf({ text, media }: OutboundPart): string {
  return media ? `${text}\n${media.url}` : text;
}

/** Each fits into one message; blank lines are no messages. */
function linesOf(text: string, max: number): string[] {
  return (
    text
      .split(/[\r\n]+/)
      // oxlint-disable-next-line no-control-regex
      .map((line) => line.replace(/[\u0000\u0001]/g, ''))
      .flatMap((line) => splitText(line, { max, measure: Buffer.byteLength }))
  );
}
