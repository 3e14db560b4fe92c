import { describe, expect, it } from 'vitest';
import { readMessage } from '../../../../src/primary/channels/irc/inbound.js';
import { parseLine } from '../../../../src/primary/channels/irc/line.js';
import { createSelf } from '../../../../src/primary/channels/irc/self.js';

const self = createSelf('Bot[x]');
const read = (text: string): ReturnType<typeof readMessage> => {
  const line = parseLine(text);
  return line && readMessage(line, self, (name) => self.fold(name));
};
const message = (text: string) => {
  const found = read(text);
  return found && 'message' in found ? found.message : undefined;
};

describe('a message', () => {
  it('in a channel is that channel’s, by whoever said it', () => {
    expect(
      message('@msgid=m1;time=2024-01-02T03:04:05.000Z;account=ann :Ann!a@h PRIVMSG #Room :hi'),
    ).toMatchObject({
      id: 'm1',
      peer: { kind: 'group', id: '#room' },
      sender: { id: 'account:ann', name: 'Ann', aliases: ['Ann!a@h', 'Ann'] },
      title: '#Room',
      text: 'hi',
      mentioned: false,
      sentAt: Date.UTC(2024, 0, 2, 3, 4, 5),
    });
  });

  it('to the nick is a direct one, of a mask and not of a nick', () => {
    expect(message(':Ann!a@h PRIVMSG bot[X] :hi')).toMatchObject({
      peer: { kind: 'direct', id: 'ann' },
      sender: { id: 'Ann!a@h', aliases: ['Ann'], origin: 'a@h' },
    });
  });

  it('has an id of its own where the server gives none', () => {
    const [one, two] = [message(':a!b@c PRIVMSG #x :hi'), message(':a!b@c PRIVMSG #x :hi')];
    expect(one?.id).not.toBe(two?.id);
  });

  it.each([
    ['Bot[x]: hello', true, 'hello'],
    ['bot{X}, hello', false, 'bot{X}, hello'],
    ['@BOT[X]: hello', true, 'hello'],
    ['hello bot[x]!', true, 'hello bot[x]!'],
    ['hello bot[x]y', false, 'hello bot[x]y'],
    ['hello_bot[x]', false, 'hello_bot[x]'],
    ['Bot[x]:', true, 'Bot[x]:'],
    ['\u0002bold\u0002 \u000304,05red\u0003 \u001ditalic', false, 'bold red italic'],
    ['\u0001ACTION waves at Bot[x]\u0001', true, '* a waves at Bot[x]'],
  ])('%j mentions it: %j, and says %j', (text, mentioned, said) => {
    expect(message(`:a!b@c PRIVMSG #x :${text}`)).toMatchObject({ mentioned, text: said });
  });

  it.each([
    [':a!b@c NOTICE #x :hi'],
    [':irc.server PRIVMSG #x :hi'],
    [':Bot[x]!b@c PRIVMSG #x :its own, come back'],
    [':a!b@c PRIVMSG someone :not for it'],
    [':a!b@c PRIVMSG #x : '],
  ])('is none: %s', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('of a program to a program is no message', () => {
    expect(read(':a!b@c PRIVMSG Bot[x] :\u0001PING 12 3\u0001')).toEqual({
      ctcp: { nick: 'a', command: 'PING', params: '12 3' },
    });
  });
});

describe('names', () => {
  it.each([
    ['ascii', 'A[]\\~', 'a[]\\~'],
    ['rfc1459', 'A[]\\~', 'a{}|^'],
    ['strict-rfc1459', 'A[]\\~', 'a{}|~'],
  ])('are the same in %s', (mapping, name, folded) => {
    const other = createSelf('x');
    const line = parseLine(`:s 005 x CASEMAPPING=${mapping} :are supported`);
    if (line) other.learn(line);
    expect(other.fold(name)).toBe(folded);
  });
});
