/**
 * Messages on one connection. IRC confirms none; but a server works through what it is sent in order, so the answer to a
 * PING behind a message says that it has dealt with it, and what it had against it has come before.
 *
 *   written ──PONG──▶ sent
 *      ├──its error──▶ refused
 *      └──connection lost──▶ unknown
 */
import { ChannelError, SendError } from '../channel.js';
import { reasonIn, type Connection } from './connection.js';
import { sourceOf, type Line } from './line.js';
import { ircLimits } from './limits.js';
import type { Self } from './self.js';
import { deferred } from '../../../shared/deferred.js';

export interface Outbox {
  /**
   * Writes a message, which is one line. Resolves when the server has dealt with it, with its id for the message if it has
   * told one. @throws SendError
   */
  say(target: string, text: string): Promise<string | undefined>;
  received(line: Line): void;
  /** Nothing comes any more. */
  lost(): void;
}

interface Waiting {
  /** Folded. */
  readonly target: string;
  readonly ping: number;
  readonly resolve: (id: string | undefined) => void;
  readonly reject: (error: SendError) => void;
  readonly text: string;
  id: string | undefined;
}

/** Numerics that say of a target that it does not get the message. */
const refusals = new Set([
  '401',
  '403',
  '404',
  '405',
  '407',
  '411',
  '415',
  '477',
  '482',
  '486',
  '489',
  '492',
  '494',
  '531',
  '716',
  '717',
]);

const PREFIX = 'said-';

export function createOutbox(connection: Connection, self: Self): Outbox {
  let waiting: Waiting[] = [];
  let pings = 0;
  let asking: NodeJS.Immediate | undefined;
  /** Several messages of one turn have one PING behind them. */
  const ask = (): void => {
    asking = undefined;
    connection.send('PING', `${PREFIX}${pings}`);
  };
  const confirmed = (ping: number): void => {
    for (const one of waiting) if (one.ping <= ping) one.resolve(one.id);
    waiting = waiting.filter((one) => one.ping > ping);
  };
  const refused = (target: string, line: Line): void => {
    const one = waiting.find((other) => other.target === target);
    if (!one) return;
    waiting = waiting.filter((other) => other !== one);
    const again = line.command === '439'; // too many targets in too short a time
    one.reject(
      again
        ? new SendError('not-sent', reasonIn(line), { retryAfterMs: ircLimits.notJoinedMs })
        : new SendError('refused', `${line.command} ${reasonIn(line)}`),
    );
  };
  return {
    say(target, text) {
      const { promise, resolve, reject } = deferred<string | undefined>();
      if (!connection.open) {
        reject(new SendError('not-sent', 'not connected'));
        return promise;
      }
      connection.send('PRIVMSG', target, text);
      if (asking === undefined) {
        pings += 1;
        asking = setImmediate(ask);
      }
      const timer = setTimeout(
        () => connection.close(new ChannelError('lost', 'the server does not deal with what it is sent')),
        ircLimits.answerMs,
      );
      const settle = (): void => clearTimeout(timer);
      waiting.push({
        target: self.fold(target),
        ping: pings,
        text,
        id: undefined,
        resolve(id) {
          settle();
          resolve(id);
        },
        reject(error) {
          settle();
          reject(error);
        },
      });
      return promise;
    },
    received(line) {
      const { command, params, tags } = line;
      if (command === 'PONG') {
        const token = params.at(-1) ?? '';
        if (token.startsWith(PREFIX)) confirmed(Number(token.slice(PREFIX.length)));
      } else if (command === 'PRIVMSG' && self.isSelf(sourceOf(line).nick)) {
        // Its own copy, with the id that others see.
        const target = self.fold(params[0] ?? '');
        const one = waiting.find((other) => other.target === target && other.text === params[1]);
        if (one) one.id ??= tags.get('msgid');
      } else if (refusals.has(command) || command === '439') {
        refused(self.fold(params[1] ?? ''), line);
      }
    },
    lost() {
      const left = waiting;
      waiting = [];
      for (const one of left)
        one.reject(
          new SendError('unknown', 'the connection was lost before the server said that it has the message'),
        );
    },
  };
}
