/** What an account knows of itself and its server on one connection, as the server has said it. */
import { ircLimits } from './limits.js';
import { sourceOf, type Line } from './line.js';

export interface Self {
  readonly nick: string;
  /** With the services; undefined when it is not signed in. */
  readonly account: string | undefined;
  /** Capabilities that the server has agreed to. */
  readonly capabilities: ReadonlySet<string>;
  /** Names that mean the same are the same text in this form. */
  fold(name: string): string;
  isSelf(nick: string): boolean;
  isChannel(name: string): boolean;
  /** Bytes of text that fit into one message to `target` as others get it. */
  textBytes(target: string): number;
  /** From each line, before anybody else sees it. */
  learn(line: Line): void;
}

export function createSelf(wanted: string): Self {
  let nick = wanted;
  let userHost: string | undefined;
  let account: string | undefined;
  let mapping = 'rfc1459';
  let channelTypes = '#&';
  let lineBytes: number = ircLimits.sentLineBytes;
  const capabilities = new Set<string>();
  const fold = (name: string): string => foldName(name, mapping);
  const isSelf = (name: string): boolean => fold(name) === fold(nick);

  const supports = (tokens: readonly string[]): void => {
    for (const token of tokens) {
      const [name = '', value = ''] = token.split('=', 2);
      if (name === 'CASEMAPPING') mapping = value;
      else if (name === 'CHANTYPES') channelTypes = value;
      else if (name === 'LINELEN' && Number(value) >= ircLimits.sentLineBytes) lineBytes = Number(value);
    }
  };
  const agreed = ([, verb, ...rest]: readonly string[]): void => {
    const names = (rest.at(-1) ?? '').split(' ').filter((name) => name !== '');
    if (verb === 'ACK') {
      for (const name of names)
        if (name.startsWith('-')) capabilities.delete(name.slice(1));
        else capabilities.add(name);
    } else if (verb === 'DEL') {
      for (const name of names) capabilities.delete(name);
    }
  };

  return {
    get nick() {
      return nick;
    },
    get account() {
      return account;
    },
    capabilities,
    fold,
    isSelf,
    isChannel: (name) => name !== '' && channelTypes.includes(name.charAt(0)),
    textBytes(target) {
      const nickBytes = userHost === undefined ? ircLimits.nickBytes : Buffer.byteLength(nick);
      const hostBytes = userHost === undefined ? ircLimits.userHostBytes : Buffer.byteLength(userHost);
      const around = ': '.length + '!'.length + nickBytes + hostBytes + 'PRIVMSG  :\r\n'.length;
      return Math.max(ircLimits.leastTextBytes, lineBytes - around - Buffer.byteLength(target));
    },
    learn(line) {
      const { command, params } = line;
      const source = sourceOf(line);
      const isMine = source.nick !== '' && isSelf(source.nick);
      if (isMine && source.userHost !== undefined) ({ userHost } = source);
      switch (command) {
        case '001':
          nick = params[0] ?? nick;
          return;
        case '005':
          supports(params.slice(1, -1));
          return;
        case '302': // USERHOST
          userHost = userHostOf(params[1] ?? '', isSelf) ?? userHost;
          return;
        case '396': // it has another host from now on
          userHost = withHost(userHost, params[1] ?? '');
          return;
        case '900':
          account = params[2];
          return;
        case '901':
          account = undefined;
          return;
        case 'CAP':
          agreed(params);
          return;
        case 'NICK':
          if (isMine) nick = params[0] ?? nick;
          return;
        case 'CHGHOST':
          if (isMine && params[0] !== undefined && params[1] !== undefined)
            userHost = `${params[0]}@${params[1]}`;
          return;
      }
    },
  };
}

const reply = /^([^*=]+)\*?=[+-](\S+)$/;

function userHostOf(text: string, isSelf: (nick: string) => boolean): string | undefined {
  const [, nick = '', userHost] = reply.exec(text.trim()) ?? [];
  return isSelf(nick) ? userHost : undefined;
}

function withHost(userHost: string | undefined, told: string): string | undefined {
  if (told.includes('@')) return told;
  const user = userHost?.split('@')[0];
  return user === undefined || told === '' ? userHost : `${user}@${told}`;
}

function foldName(name: string, mapping: string): string {
  const lower = name.replace(/[A-Z]/g, (char) => char.toLowerCase());
  if (mapping === 'ascii') return lower;
  const brackets = lower.replaceAll('[', '{').replaceAll(']', '}').replaceAll('\\', '|');
  return mapping === 'strict-rfc1459' ? brackets : brackets.replaceAll('~', '^');
}
