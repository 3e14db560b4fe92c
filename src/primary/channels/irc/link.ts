/** One connection from the welcome to its end: what is heard, what is said, and what is kept up. */
import type { AccountHost } from '../channel.js';
import type { Connection } from './connection.js';
import { readMessage, type Ctcp } from './inbound.js';
import type { Inbox } from './inbox.js';
import type { Line } from './line.js';
import { ircLimits } from './limits.js';
import { createNickKeeper } from './nick.js';
import { createOutbox, type Outbox } from './outbox.js';
import { createPacer, type Pacer } from './pacer.js';
import { createRooms, type Rooms } from './rooms.js';
import type { Self } from './self.js';
import type { IrcSettings } from './settings.js';

export interface Link {
  readonly connection: Connection;
  readonly self: Self;
  readonly outbox: Outbox;
  readonly pacer: Pacer;
  readonly rooms: Rooms;
  /** Resolves when it is where it is to be, as far as the server lets it in time. */
  ready(): Promise<void>;
  stop(): void;
}

export interface LinkOptions {
  readonly settings: IrcSettings;
  readonly connection: Connection;
  readonly self: Self;
  readonly inbox: Inbox;
  readonly host: AccountHost;
}

export function createLink({ settings, connection, self, inbox, host }: LinkOptions): Link {
  const ending = new AbortController();
  const pacer = createPacer(settings.pace, () => performance.now());
  const send = (command: string, ...params: readonly string[]): void => {
    pacer
      .turn(ending.signal)
      .then(() => connection.send(command, ...params))
      .catch(() => {}); // the connection has ended, or somebody's name fits into no line
  };
  const outbox = createOutbox(connection, self);
  const rooms = createRooms({ self, names: host.groups, send, log: host.log });
  const nick = createNickKeeper({ settings, self, send });
  const answer = ({ nick: asker, command, params }: Ctcp): void => {
    if (pacer.waiting >= ircLimits.ctcpAnswers) return;
    const told = command.toUpperCase() === 'VERSION' ? 'pllan' : params;
    if (['VERSION', 'PING'].includes(command.toUpperCase()))
      send('NOTICE', asker, `\u0001${command.toUpperCase()} ${told}\u0001`);
  };
  const received = (line: Line): void => {
    outbox.received(line);
    rooms.received(line);
    nick.received(line);
    const read = readMessage(line, self, rooms.nameOf);
    if (!read) return;
    if ('message' in read) inbox.take(read.message);
    else answer(read.ctcp);
  };
  const deaf = connection.listen(received);
  const upkeep = setInterval(() => {
    rooms.upkeep();
    nick.upkeep();
  }, ircLimits.upkeepMs);
  return {
    connection,
    self,
    outbox,
    pacer,
    rooms,
    async ready() {
      connection.send('USERHOST', self.nick);
      await nick.identify(ending.signal);
      nick.upkeep();
      rooms.upkeep();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ircLimits.joinMs)));
      await Promise.race([rooms.settled(), late]);
      clearTimeout(timer);
    },
    stop() {
      ending.abort(new Error('the connection has ended'));
      deaf();
      clearInterval(upkeep);
      rooms.stop();
      outbox.lost();
    },
  };
}
