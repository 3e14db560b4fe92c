/**
 * From a connection to a name in the network:
 *
 *   CAP LS, PASS, NICK, USER ──▶ CAP REQ ──▶ AUTHENTICATE ──▶ CAP END ──▶ 001 ──▶ end of the greeting
 *                                  (each only where the server offers it)
 */
import { ChannelError } from '../channel.js';
import { reasonIn, type Connection } from './connection.js';
import type { Line } from './line.js';
import type { Self } from './self.js';
import type { IrcSettings } from './settings.js';

const wanted = ['message-tags', 'server-time', 'account-tag', 'echo-message', 'chghost'];

/** What a SASL message may have; one that has just that is followed by another. */
const SASL_CHARS = 400;

/** @throws ChannelError */
export async function register(connection: Connection, self: Self, settings: IrcSettings): Promise<void> {
  const { password, nick, username, realName } = settings;
  let stop = (): void => {};
  const done = new Promise<void>((resolve, reject) => {
    stop = connection.listen(createSteps(connection, self, settings, { resolve, reject }));
  });
  connection.send('CAP', 'LS', '302');
  if (password !== undefined) connection.send('PASS', password);
  connection.send('NICK', nick);
  connection.send('USER', username, '0', '*', realName);
  try {
    await Promise.race([done, connection.lost]);
  } finally {
    stop();
  }
}

interface Outcome {
  readonly resolve: () => void;
  readonly reject: (error: ChannelError) => void;
}

function createSteps(
  connection: Connection,
  self: Self,
  settings: IrcSettings,
  { resolve, reject }: Outcome,
): (line: Line) => void {
  const offered = new Set<string>();
  const nicks = namesAfter(settings);
  let signedIn = false;
  const refuse = (what: string, line: Line): void =>
    reject(new ChannelError('refused', `${what}: ${reasonIn(line)}`));

  const request = (): void => {
    const names = wanted.filter((name) => offered.has(name));
    if (settings.sasl !== 'off' && offered.has('sasl')) names.push('sasl');
    if (names.length > 0) connection.send('CAP', 'REQ', names.join(' '));
    else connection.send('CAP', 'END');
  };
  const capability = ([, verb, ...rest]: readonly string[]): void => {
    if (verb === 'LS') {
      for (const token of (rest.at(-1) ?? '').split(' ')) {
        const [name = ''] = token.split('=', 1);
        if (name !== '') offered.add(name);
      }
      if (rest[0] !== '*' || rest.length < 2) request();
    } else if (verb === 'ACK' && self.capabilities.has('sasl')) {
      connection.send('AUTHENTICATE', settings.sasl.toUpperCase());
    } else if (verb === 'ACK' || verb === 'NAK') {
      connection.send('CAP', 'END');
    }
  };

  return (line) => {
    switch (line.command) {
      case 'CAP':
        capability(line.params);
        return;
      case 'AUTHENTICATE':
        if (line.params[0] === '+')
          for (const part of credentials(settings)) connection.send('AUTHENTICATE', part);
        return;
      case '903': // signed in
      case '907': // was before
        signedIn = true;
        connection.send('CAP', 'END');
        return;
      case '902':
      case '904':
      case '905':
      case '906':
      case '908':
        refuse('the account was not accepted', line);
        return;
      case '433': // taken
      case '436':
      case '437':
        connection.send('NICK', nicks());
        return;
      case '432':
        refuse('the nick cannot be used', line);
        return;
      case '464':
        refuse('the password was not accepted', line);
        return;
      case '465':
        refuse('banned', line);
        return;
      case '001':
        if (settings.sasl !== 'off' && !signedIn && settings.nickServ === undefined)
          reject(new ChannelError('refused', 'the server offers no SASL: set nickServ, or sasl "off"'));
        return;
      case '376': // end of the greeting
      case '422':
        resolve();
        return;
    }
  };
}

/** The configured ones, then some that nobody has. */
function namesAfter({ nick, alternatives }: IrcSettings): () => string {
  const left = [...alternatives];
  return () => left.shift() ?? `${nick.slice(0, 5)}${Math.floor(Math.random() * 10_000)}`;
}

/** An empty message says that it is the end, where the last one is full or there is nothing to say. */
function credentials({ sasl, account, accountPassword = '' }: IrcSettings): string[] {
  if (sasl === 'external') return ['+'];
  const text = Buffer.from(`${account}\0${account}\0${accountPassword}`).toString('base64');
  const parts = text.match(new RegExp(`.{1,${SASL_CHARS}}`, 'g')) ?? [];
  return parts.at(-1)?.length === SASL_CHARS ? [...parts, '+'] : parts;
}
