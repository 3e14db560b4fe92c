/** How an account comes into a network: capabilities, SASL, nicks, channels. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSelfSigned } from '../../../../src/primary/tls/self-signed.js';
import { temporaryDir } from '../../../support/gateway.js';
import { waitFor } from '../../../support/wait-for.js';
import { testHost } from '../support/host.js';
import { connectedIrc, runIrc } from './support/run-account.js';
import { scriptedServer, welcome } from './support/scripted-server.js';

const local = { host: '127.0.0.1', tls: { enabled: false } };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Offers what it is told, in two lines, and takes any SASL. */
function saslServer(
  offered: string,
  outcome = ':irc.test 903 bot :SASL is done',
): ReturnType<typeof scriptedServer> {
  return scriptedServer((line, say) => {
    if (line.startsWith('CAP LS'))
      say(':irc.test CAP * LS * :multi-prefix', `:irc.test CAP * LS :${offered}`);
    else if (line.startsWith('CAP REQ'))
      say(`:irc.test CAP bot ACK :${line.slice('CAP REQ '.length).replace(/^:/, '')}`);
    else if (/^AUTHENTICATE (PLAIN|EXTERNAL)$/.test(line)) say('AUTHENTICATE +');
    else if (/^AUTHENTICATE .{1,399}$/.test(line)) say(':irc.test 900 bot bot!u@h me :signed in', outcome);
    else if (line.startsWith('USER')) return true;
    else if (line === 'CAP END') welcome('bot', say);
    return line.startsWith('CAP');
  });
}

it('signs in with SASL before it is let in', async () => {
  const { port, lines } = await saslServer('sasl=EXTERNAL,PLAIN server-time message-tags');
  const { host } = await connectedIrc({
    ...local,
    port,
    password: 'pass word',
    username: 'user',
    realName: 'A bot',
    account: 'me',
    accountPassword: 'secret',
  });
  expect(lines.slice(0, 7)).toEqual([
    'CAP LS 302',
    'PASS :pass word',
    'NICK bot',
    'USER user 0 * :A bot',
    'CAP REQ :message-tags server-time sasl',
    'AUTHENTICATE PLAIN',
    `AUTHENTICATE ${base64('me\0me\0secret')}`,
  ]);
  expect(lines[7]).toBe('CAP END');
  expect(host.connections).toEqual([{ nick: 'bot', account: 'me' }]);
});

it('signs in by its certificate', async () => {
  const { cert, key } = await makeSelfSigned(['127.0.0.1'], new Date());
  const dir = temporaryDir();
  const [certPath, keyPath] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  writeFileSync(certPath, cert);
  writeFileSync(keyPath, key);
  const server = await scriptedServer(
    (line, say) => {
      if (line.startsWith('CAP LS')) say(':irc.test CAP * LS :sasl=EXTERNAL');
      else if (line.startsWith('CAP REQ')) say(':irc.test CAP bot ACK :sasl');
      else if (line === 'AUTHENTICATE EXTERNAL') say('AUTHENTICATE +');
      else if (line === 'AUTHENTICATE +')
        say(`:irc.test ${server.hasCertificate() ? 903 : 904} bot :SASL is done`);
      else if (line === 'CAP END') welcome('bot', say);
      return line.startsWith('CAP') || line.startsWith('USER');
    },
    { cert, key },
  );
  const tls = { caPath: certPath, certPath, keyPath };
  const { host } = await connectedIrc({ host: '127.0.0.1', port: server.port, tls, sasl: 'external' });
  expect(host.connections).toEqual([{ nick: 'bot' }]);
});

it('cuts a long SASL answer, and says when it is over', async () => {
  const { port, lines } = await scriptedServer((line, say) => {
    if (line.startsWith('CAP LS')) say(':irc.test CAP * LS :sasl');
    else if (line.startsWith('CAP REQ')) say(':irc.test CAP bot ACK :sasl');
    else if (line === 'AUTHENTICATE PLAIN') say('AUTHENTICATE +');
    else if (line === 'AUTHENTICATE +') say(':irc.test 903 bot :SASL is done');
    else if (line === 'CAP END') welcome('bot', say);
    return line.startsWith('CAP') || line.startsWith('USER');
  });
  const text = `a\0a\0${'x'.repeat(296)}`;
  await connectedIrc({ ...local, port, account: 'a', accountPassword: 'x'.repeat(296) });
  expect(lines.filter((line) => /^AUTHENTICATE (?!PLAIN)/.test(line))).toEqual([
    `AUTHENTICATE ${base64(text)}`,
    'AUTHENTICATE +',
  ]);
});

it.each([
  ['a wrong password', 'sasl', ':irc.test 904 bot :SASL failed', 'the account was not accepted: SASL failed'],
  ['no SASL at all', 'server-time', '', 'the server offers no SASL: set nickServ, or sasl "off"'],
])('does not go in without its account: %s', async (_what, offered, outcome, message) => {
  const { port } = await saslServer(offered, outcome);
  expect(await runIrc({ ...local, port, accountPassword: 'x' }).ended).toMatchObject({
    kind: 'refused',
    message,
  });
});

it('signs in with the services by message where that is configured', async () => {
  const server = await scriptedServer((line, say) => {
    if (line.startsWith('PRIVMSG NickServ')) say(':irc.test 900 bot bot!u@h bot :signed in');
  });
  const host = testHost(['#a']);
  await connectedIrc({ ...local, port: server.port, accountPassword: 'x y', nickServ: 'NickServ' }, host);
  expect(server.lines.filter((line) => /^(PRIVMSG|JOIN)/.test(line))).toEqual([
    'PRIVMSG NickServ :IDENTIFY bot x y',
    'JOIN #a',
  ]);
  expect(host.connections).toEqual([{ nick: 'bot', account: 'bot' }]);
});

it.each([
  [{}, 'host is not set'],
  [{ host: 'x', sasl: 'plain' }, 'sasl "plain" needs accountPassword'],
  [{ host: 'x', sasl: 'external' }, 'sasl "external" needs tls.certPath'],
  [{ host: 'x', regain: 'ghost' }, 'regain needs nickServ and accountPassword'],
] as const)('does not begin with %j', async (config, message) => {
  expect(await runIrc(config).ended).toMatchObject({ kind: 'refused', message });
});

it.each([
  ['464 bot :Password incorrect', 'refused', 'the password was not accepted: Password incorrect'],
  ['465 bot :You are banned', 'refused', 'banned: You are banned'],
  ['432 * bot :Erroneous nickname', 'refused', 'the nick cannot be used: Erroneous nickname'],
])('says why it is not let in: %s', async (numeric, kind, message) => {
  const { port } = await scriptedServer((line, say) => {
    if (!line.startsWith('USER')) return false;
    say(`:irc.test ${numeric}`);
    return true;
  });
  expect(await runIrc({ ...local, port }).ended).toMatchObject({ kind, message });
});

it('says why a connection has ended', async () => {
  const server = await scriptedServer();
  const { ended } = await connectedIrc({ ...local, port: server.port });
  server.say('ERROR :Closing link: (bot) [Killed]');
  expect(await ended).toMatchObject({
    kind: 'lost',
    message: 'the server ends it: Closing link: (bot) [Killed]',
  });
});

it('takes another nick while its own is taken, and its own when that is free', async () => {
  let taken = true;
  const server = await scriptedServer((line, say) => {
    if (line === 'NICK bot' && taken) {
      say(':irc.test 433 * bot :Nickname is already in use');
      return true;
    }
    if (line.startsWith('USER')) return true;
    if (line === 'NICK other') welcome('other', say);
    if (line === 'NICK bot') say(':other!u@h NICK bot');
  });
  const { host, account } = await connectedIrc({ ...local, port: server.port, alternatives: ['other'] });
  expect(host.connections).toEqual([{ nick: 'other' }]);
  await server.heard(/^NICK bot$/);
  taken = false;
  server.say(':bot!x@y QUIT :gone');
  await waitFor('its own nick', async () => {
    const about = await account.probe(new AbortController().signal);
    return about.nick === 'bot';
  });
});

it('asks the services for its nick where that is configured', async () => {
  const server = await scriptedServer((line, say) => {
    if (line === 'NICK bot') {
      say(':irc.test 433 * bot :Nickname is already in use');
      return true;
    }
    if (line.startsWith('USER')) return true;
    if (line === 'NICK bot_') welcome('bot_', say);
    if (line.includes('IDENTIFY')) say(':irc.test 900 bot_ bot_!u@h bot :signed in');
  });
  await connectedIrc({
    ...local,
    port: server.port,
    accountPassword: 'x',
    nickServ: 'NickServ',
    regain: 'regain',
  });
  await server.heard(/^PRIVMSG NickServ :REGAIN bot x$/);
});

it('is in the channels that the config names, also after it was kicked', async () => {
  const server = await scriptedServer((line, say) => {
    if (line !== 'JOIN #full') return false;
    say(':irc.test 471 bot #full :Cannot join channel (+l)');
    return true;
  });
  const host = testHost(['#a', '#full']);
  await connectedIrc({ ...local, port: server.port, pace: { burst: 50 } }, host);
  expect(server.lines.filter((line) => line.startsWith('JOIN'))).toEqual(['JOIN #a', 'JOIN #full']);
  expect(host.lines).toEqual(['warn channel.irc not in #full: Cannot join channel (+l); tried again in 2 s']);
  server.say(':op!o@h KICK #A bot :out');
  await waitFor('the word of it', () =>
    host.lines.includes('warn channel.irc not in #a: kicked by op: out; tried again in 2 s'),
  );
});

it('leaves with a word, and resolves', async () => {
  const server = await scriptedServer();
  const { stop } = await connectedIrc({ ...local, port: server.port });
  const stopped = stop();
  await server.heard(/^QUIT/);
  server.cut();
  expect(await stopped).toBeUndefined();
});
