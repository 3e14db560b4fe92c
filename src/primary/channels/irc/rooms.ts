/** The channels that the config names: it is in each of them, or tries to be; from what the config no longer names it goes. */
import type { Logger } from '../../../shared/log/logger.js';
import { reasonIn } from './connection.js';
import { sourceOf, type Line } from './line.js';
import { ircLimits } from './limits.js';
import type { Self } from './self.js';

export interface Rooms {
  /** Joins what is missing and leaves what is too much. */
  upkeep(): void;
  /** Whether it is in a channel that the config names; undefined for one that it does not name. */
  isIn(channel: string): boolean | undefined;
  /** As the config writes it, else folded. */
  nameOf(channel: string): string;
  /** Resolves when the server has said of each channel whether it is in it. */
  settled(): Promise<void>;
  received(line: Line): void;
  stop(): void;
}

export interface RoomsOptions {
  readonly self: Self;
  /** As of now. */
  names(): readonly string[];
  /** Paced. */
  send(command: string, ...params: readonly string[]): void;
  readonly log: Logger;
}

interface Room {
  readonly name: string;
  state: 'joining' | 'in' | 'out';
  refusals: number;
  timer: NodeJS.Timeout | undefined;
}

/** Numerics that say of a channel that it cannot be joined. */
const refusals = new Set(['403', '405', '437', '471', '473', '474', '475', '476', '477', '489', '520']);

export function createRooms({ self, names, send, log }: RoomsOptions): Rooms {
  /** By folded name. */
  const rooms = new Map<string, Room>();
  let waiters: (() => void)[] = [];
  const settle = (): void => {
    if ([...rooms.values()].some(({ state }) => state === 'joining')) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  };
  const join = (room: Room): void => {
    clearTimeout(room.timer);
    room.timer = undefined;
    room.state = 'joining';
    send('JOIN', room.name);
  };
  const left = (room: Room, why: string): void => {
    room.state = 'out';
    room.refusals += 1;
    const { rejoinMs, rejoinMaxMs } = ircLimits;
    const pauseMs = Math.min(rejoinMaxMs, rejoinMs * 2 ** (room.refusals - 1));
    log.warn('channel.irc', `not in ${room.name}: ${why}; tried again in ${Math.round(pauseMs / 1000)} s`);
    room.timer ??= setTimeout(join, pauseMs, room);
    settle();
  };
  const roomOf = (name: string | undefined): Room | undefined => rooms.get(self.fold(name ?? ''));
  const forget = (folded: string, room: Room): void => {
    clearTimeout(room.timer);
    rooms.delete(folded);
    if (room.state !== 'out') send('PART', room.name);
  };
  return {
    upkeep() {
      const wanted = new Map(
        names()
          .filter((name) => self.isChannel(name))
          .map((name) => [self.fold(name), name]),
      );
      for (const [folded, room] of rooms) if (!wanted.has(folded)) forget(folded, room);
      for (const [folded, name] of wanted) {
        if (rooms.has(folded)) continue;
        const room: Room = { name, state: 'out', refusals: 0, timer: undefined };
        rooms.set(folded, room);
        join(room);
      }
      settle();
    },
    isIn(channel) {
      const room = roomOf(channel);
      return room && room.state === 'in';
    },
    nameOf: (channel) => roomOf(channel)?.name ?? self.fold(channel),
    settled: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
        settle();
      }),
    received(line) {
      const { command, params } = line;
      const isMine = self.isSelf(sourceOf(line).nick);
      if (command === 'JOIN' && isMine) {
        const room = roomOf(params[0]);
        if (!room) return;
        room.state = 'in';
        room.refusals = 0;
        settle();
      } else if (command === 'KICK' && self.isSelf(params[1] ?? '')) {
        const room = roomOf(params[0]);
        if (room) left(room, `kicked by ${sourceOf(line).nick}: ${reasonIn(line)}`);
      } else if (command === 'PART' && isMine) {
        const room = roomOf(params[0]);
        if (room) left(room, 'made to leave');
      } else if (refusals.has(command)) {
        const room = roomOf(params[1]);
        if (room?.state === 'joining') left(room, reasonIn(line));
      }
    },
    stop() {
      for (const { timer } of rooms.values()) clearTimeout(timer);
    },
  };
}
