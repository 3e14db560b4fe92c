/** Having the nick that the config names: signing in for it, taking it back, and waiting until it is free. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceOf, type Line } from './line.js';
import { ircLimits } from './limits.js';
import type { Self } from './self.js';
import type { IrcSettings } from './settings.js';

export interface NickKeeper {
  /** Signs in with the services where SASL did not. Resolves when they have answered, or do not. */
  identify(signal: AbortSignal): Promise<void>;
  /** Asks for the nick if it has another. */
  upkeep(): void;
  received(line: Line): void;
}

export interface NickKeeperOptions {
  readonly settings: IrcSettings;
  readonly self: Self;
  /** Paced. */
  send(command: string, ...params: readonly string[]): void;
}

export function createNickKeeper({ settings, self, send }: NickKeeperOptions): NickKeeper {
  const { nick, account, accountPassword, nickServ, regain } = settings;
  const signedIn = new AbortController();
  const askServices = (text: string): void => {
    if (nickServ !== undefined) send('PRIVMSG', nickServ, text);
  };
  const upkeep = (): void => {
    if (self.isSelf(nick)) return;
    if (regain === 'regain') askServices(`REGAIN ${nick} ${accountPassword}`);
    else if (regain === 'ghost') askServices(`GHOST ${nick} ${accountPassword}`);
    if (regain !== 'regain') send('NICK', nick);
  };
  return {
    async identify(signal) {
      if (nickServ === undefined || accountPassword === undefined || self.account !== undefined) return;
      askServices(`IDENTIFY ${account} ${accountPassword}`);
      const until = AbortSignal.any([signal, signedIn.signal]);
      await sleep(ircLimits.identifyMs, undefined, { signal: until }).catch(() => {});
    },
    upkeep,
    received(line) {
      if (line.command === '900') signedIn.abort();
      // Not when the services have taken it from us: they would again.
      const isFreed =
        line.command === 'QUIT' || (line.command === 'NICK' && !self.isSelf(line.params[0] ?? ''));
      if (isFreed && self.fold(sourceOf(line).nick) === self.fold(nick)) upkeep();
    },
  };
}
