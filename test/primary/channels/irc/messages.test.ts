/** What an account says and hears on a connection, and what it makes of a server that says no, or nothing more. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ircLimits } from '../../../../src/primary/channels/irc/limits.js';
import { waitFor } from '../../../support/wait-for.js';
import { part, routeTo, testHost } from '../support/host.js';
import { connectedIrc, never } from './support/run-account.js';
import { scriptedServer } from './support/scripted-server.js';

const local = { host: '127.0.0.1', tls: { enabled: false }, pace: { burst: 100, perSecond: 1_000 } };

describe('a message', () => {
  it('is sent when the server has dealt with it', async () => {
    let pong: (() => void) | undefined;
    const server = await scriptedServer((line, say) => {
      if (!line.startsWith('PING said-')) return false;
      pong = () => say(`:irc.test PONG irc.test ${line.slice('PING '.length)}`);
      return true;
    });
    const { account } = await connectedIrc({ ...local, port: server.port });
    let isSent = false;
    const sent = account.send(part('hello you', 'ann', { id: 'p1' }), never).then((one) => {
      isSent = true;
      return one;
    });
    await server.heard(/^PRIVMSG ann :hello you$/);
    const answer = await waitFor('the ping', () => pong);
    expect(isSent).toBe(false);
    answer();
    expect(await sent).toEqual({ messageId: 'p1' });
  });

  it('has the server’s id where it sends a copy', async () => {
    const server = await scriptedServer((line, say) => {
      if (line.startsWith('CAP LS')) say(':irc.test CAP * LS :echo-message message-tags');
      if (line.startsWith('CAP REQ')) say(':irc.test CAP bot ACK :message-tags echo-message');
      if (line.startsWith('PRIVMSG')) say(`@msgid=m7 :bot!u@h ${line}`);
      return line.startsWith('CAP');
    });
    const { account, host } = await connectedIrc({ ...local, port: server.port });
    expect(await account.send(part('hello', 'ann'), never)).toEqual({ messageId: 'm7' });
    expect(host.messages).toEqual([]);
  });

  it.each([
    ['401 bot ann :No such nick/channel', 'refused', '401 No such nick/channel'],
    ['404 bot ANN :Cannot send to nick/channel', 'refused', '404 Cannot send to nick/channel'],
    ['439 bot ann :Target change too fast', 'not-sent', 'Target change too fast'],
  ])('that the server does not want is that: %s', async (numeric, kind, message) => {
    const server = await scriptedServer((line, say) => {
      if (line.startsWith('PRIVMSG ann')) say(`:irc.test ${numeric}`);
    });
    const { account } = await connectedIrc({ ...local, port: server.port });
    const [refused, other] = await Promise.allSettled([
      account.send(part('x', 'ann'), never),
      account.send(part('x', 'bob'), never),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { kind, message } });
    expect(other.status).toBe('fulfilled');
  });

  it('of several lines is said once, also where the server refuses one of them for now', async () => {
    let refusals = 1;
    const server = await scriptedServer((line, say) => {
      if (line !== 'PRIVMSG ann two' || refusals === 0) return;
      refusals -= 1;
      say(':irc.test 439 bot ann :Target change too fast');
    });
    const { account } = await connectedIrc({ ...local, port: server.port });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const sent = account.send(part('one\ntwo\nthree', 'ann', { id: 'p1' }), never);
    await waitFor('the last line', () => {
      vi.advanceTimersByTime(ircLimits.notJoinedMs / 50);
      return server.lines.includes('PRIVMSG ann three');
    });
    expect(await sent).toEqual({ messageId: 'p1' });
    expect(server.lines.filter((line) => line.startsWith('PRIVMSG'))).toEqual(
      ['one', 'two', 'two', 'three'].map((text) => `PRIVMSG ann ${text}`),
    );
  });

  it('is unknown when the connection goes before the server has said that it has it', async () => {
    const server = await scriptedServer((line) => line.startsWith('PING said-'));
    const { account, ended } = await connectedIrc({ ...local, port: server.port });
    const sent = account.send(part('x', 'ann'), never);
    sent.catch(() => {});
    await server.heard(/^PRIVMSG/);
    server.cut();
    await expect(sent).rejects.toMatchObject({ kind: 'unknown' });
    expect(await ended).toMatchObject({ kind: 'lost' });
    await expect(account.send(part('x', 'ann'), never)).rejects.toMatchObject({ kind: 'not-sent' });
  });

  it.each([
    ['nowhere', 'direct', 'a b'],
    ['nowhere', 'direct', 'a,b'],
    ['nowhere', 'direct', 'a\r\nQUIT'],
    ['to a channel as a person', 'direct', '#a'],
    ['to a person as a channel', 'group', 'ann'],
  ] as const)('does not go %s: %s %j', async (_what, kind, id) => {
    const server = await scriptedServer();
    const { account } = await connectedIrc({ ...local, port: server.port });
    await expect(account.send(part('x', id, { route: routeTo(id, kind) }), never)).rejects.toMatchObject({
      kind: 'refused',
    });
  });

  it('for a channel that it is not in waits', async () => {
    const server = await scriptedServer((line) => line === 'JOIN #a');
    const { account, host, ended } = await connectedIrc({ ...local, port: server.port }, testHost([]));
    host.names = ['#a'];
    expect(await Promise.race([ended, account.probe(never)])).toEqual({ nick: 'bot' });
    server.say(':bot!u@h JOIN #a', ':op!o@h KICK #a bot :out');
    await expect(account.send(part('x', '#b'), never)).resolves.toBeDefined();
  });

  it('cannot carry a second line to the server', async () => {
    const server = await scriptedServer();
    const { account } = await connectedIrc({ ...local, port: server.port });
    await account.send(part('one\r\nQUIT :two\n\n\u0001VERSION\u0001\0', 'ann'), never);
    expect(server.lines.filter((line) => line.startsWith('PRIVMSG'))).toEqual([
      'PRIVMSG ann one',
      'PRIVMSG ann :QUIT :two',
      'PRIVMSG ann VERSION',
    ]);
    expect(server.lines.some((line) => line.startsWith('QUIT'))).toBe(false);
  });

  it('is cut where the line that others get would be too long', async () => {
    const server = await scriptedServer((line, say) => {
      if (line.startsWith('USERHOST')) say(`:irc.test 302 bot :bot=+user@${'h'.repeat(50)}`);
    });
    const { account } = await connectedIrc({ ...local, port: server.port });
    const prefix = `:bot!user@${'h'.repeat(50)} PRIVMSG #room :`;
    const text = '🙂 grüße '.repeat(200);
    await waitFor('its host', () => {
      const [first = ''] = account.split(text, routeTo('#room'));
      return Buffer.byteLength(`${prefix}${first}\r\n`) > 495;
    });
    const parts = account.split(text, routeTo('#room'));
    for (const one of parts) expect(Buffer.byteLength(`${prefix}${one}\r\n`)).toBeLessThanOrEqual(512);
    expect(parts.join(' ')).toBe(text.trim());
  });

  it('is sent no faster than it may be', async () => {
    const server = await scriptedServer();
    const { account } = await connectedIrc({
      ...local,
      port: server.port,
      pace: { burst: 2, perSecond: 20 },
    });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 6 }, (_one, n) => account.send(part(`m${n}`, 'ann'), never)));
    expect(performance.now() - startedAt).toBeGreaterThan(195);
    expect(server.lines.filter((line) => line.startsWith('PRIVMSG'))).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => `PRIVMSG ann m${n}`),
    );
  });

  it('that was waited for is sent at once', async () => {
    const server = await scriptedServer();
    const { account } = await connectedIrc({
      ...local,
      port: server.port,
      pace: { burst: 1, perSecond: 0.1 },
    });
    await account.paced?.(routeTo('ann'), never);
    await account.send(part('x', 'ann'), never);
    const late = AbortSignal.timeout(20);
    await expect(account.paced?.(routeTo('ann'), late)).rejects.toMatchObject({ kind: 'not-sent' });
  });
});

describe('what comes', () => {
  it('is offered until it is taken, before what came later in its conversation', async () => {
    const server = await scriptedServer();
    const { host } = await connectedIrc({ ...local, port: server.port });
    let refusals = 1;
    host.beforeTaking = ({ text }) => {
      if (text !== 'first' || refusals === 0) return;
      refusals -= 1;
      throw new Error('not now');
    };
    server.say(':ann!a@h PRIVMSG bot :first', ':ann!a@h PRIVMSG bot :second', ':bob!b@h PRIVMSG bot :other');
    await waitFor('all of it', () => host.messages.length === 3);
    expect(host.messages.map(({ text }) => text)).toEqual(['other', 'first', 'second']);
  });

  it('outlives the connection', async () => {
    const server = await scriptedServer();
    const { host, ended } = await connectedIrc({ ...local, port: server.port });
    let isReady = false;
    host.beforeTaking = () => {
      if (!isReady) throw new Error('not now');
    };
    server.say(':ann!a@h PRIVMSG bot :hi');
    await waitFor('the refusal', () => host.lines.includes('warn channel.irc a message waits: not now'));
    server.cut();
    await ended;
    isReady = true;
    await waitFor('the message', () => host.messages.length === 1);
  });

  it('from a program is answered, but not without end', async () => {
    const server = await scriptedServer();
    await connectedIrc({ ...local, port: server.port, pace: { burst: 4, perSecond: 0.1 } });
    for (let n = 0; n < 50; n += 1) server.say(`:x!y@z PRIVMSG bot :\u0001PING ${n}\u0001`);
    server.say(':x!y@z PRIVMSG bot :\u0001VERSION\u0001', 'PING :done');
    await server.heard(/^PONG done$/);
    const answers = server.lines.filter((line) => line.startsWith('NOTICE'));
    expect(answers[0]).toBe('NOTICE x :\u0001PING 0\u0001');
    expect(answers.length).toBeLessThan(10);
  });

  it('is asked for where nothing comes, and a silent server is left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await scriptedServer((line) => line === 'PING alive');
    const { ended } = await connectedIrc({ ...local, port: server.port });
    vi.advanceTimersByTime(ircLimits.idleMs);
    await server.heard(/^PING alive$/);
    vi.advanceTimersByTime(ircLimits.answerMs);
    expect(await ended).toMatchObject({ kind: 'lost', message: 'the server does not answer any more' });
  });

  it('that is odd ends the connection, and nothing else', async () => {
    const server = await scriptedServer();
    const { ended } = await connectedIrc({ ...local, port: server.port });
    server.say(`:x PRIVMSG bot :${'a'.repeat(40_000)}`);
    expect(await ended).toMatchObject({ kind: 'lost', message: 'the server sends lines without end' });
  });
});
