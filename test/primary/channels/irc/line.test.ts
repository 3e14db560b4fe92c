import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineReader } from '../../../../src/primary/channels/irc/line-reader.js';
import { composeLine, parseLine, type Line } from '../../../../src/primary/channels/irc/line.js';

const parsed = (text: string): unknown => {
  const line = parseLine(text);
  return line && { ...line, tags: Object.fromEntries(line.tags) };
};

it.each([
  ['PING', { tags: {}, source: '', command: 'PING', params: [] }],
  ['ping :a b', { tags: {}, source: '', command: 'PING', params: ['a b'] }],
  [
    ':a!b@c PRIVMSG #x  :hi : there ',
    { tags: {}, source: 'a!b@c', command: 'PRIVMSG', params: ['#x', 'hi : there '] },
  ],
  [':s 001 me ::)', { tags: {}, source: 's', command: '001', params: ['me', ':)'] }],
  ['JOIN #x:y', { tags: {}, source: '', command: 'JOIN', params: ['#x:y'] }],
  [
    String.raw`@time=2020;msgid=a\sb\:\\;flag :n!u@h NOTICE x :`,
    {
      tags: { time: '2020', msgid: 'a b;\\', flag: '' },
      source: 'n!u@h',
      command: 'NOTICE',
      params: ['x', ''],
    },
  ],
  ['', undefined],
  [':only-a-source', undefined],
])('reads %j', (text, line) => {
  expect(parsed(text)).toEqual(line);
});

it('composes what it reads', () => {
  const middle = fc.stringMatching(/^[^\s:\0][^\s\0]{0,20}$/);
  const last = fc.stringMatching(/^[^\r\n\0]{0,40}$/);
  fc.assert(
    fc.property(fc.array(middle, { maxLength: 3 }), last, (params, end) => {
      expect(parseLine(composeLine('PRIVMSG', ...params, end))?.params).toEqual([...params, end]);
    }),
  );
});

it.each([[['a\r\nQUIT']], [['a\nb']], [['a\0']], [['a b', 'c']], [['', 'c']], [[':a', 'c']]])(
  'composes no line of %j',
  (params) => {
    expect(() => composeLine('PRIVMSG', ...params)).toThrow(RangeError);
  },
);

it('finds lines wherever their bytes were cut, in UTF-8 or else Latin-1', () => {
  const bytes = Buffer.concat([
    Buffer.from('PRIVMSG a :grüße 🙂\r\nPRIVMSG b :gr'),
    Buffer.from([0xfc]),
    Buffer.from('n\nPING x\r\nrest'),
  ]);
  for (const size of [1, 2, 7, 1_000]) {
    const lines: Line[] = [];
    const read = createLineReader((line) => void lines.push(line));
    for (let at = 0; at < bytes.length; at += size) expect(read(bytes.subarray(at, at + size))).toBe(true);
    expect(lines.map(({ params }) => params)).toEqual([['a', 'grüße 🙂'], ['b', 'grün'], ['x']]);
  }
});

it('reads no line without end', () => {
  const read = createLineReader(() => {});
  expect(read(Buffer.alloc(20_000, 'a'))).toBe(true);
  expect(read(Buffer.alloc(20_000, 'a'))).toBe(false);
});
