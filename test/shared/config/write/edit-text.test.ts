import fc from 'fast-check';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { editText } from '../../../../src/shared/config/write/edit-text.js';
import { editsBetween, withEdit, type Edit } from '../../../../src/shared/config/write/edits.js';

const FILE = `// my gateway
{
  gateway: {
    mode: 'local', // this machine
    port: 0x10,
    /* who may come in */
    auth: { token: "\${TOKEN}" },
  },
  agents: {
    list: [
      { id: 'a' }, // the first
      { id: 'b' }
    ]
  }
}
`;

describe('an edit leaves the rest as it is:', () => {
  it.each<[string, Edit, (text: string) => string]>([
    ['a value', { path: ['gateway', 'port'], value: 1 }, (text) => text.replace('0x10', '1')],
    [
      'a new key',
      { path: ['gateway', 'bind'], value: 'lan' },
      (text) => text.replace('" },\n', '" },\n    bind: "lan",\n'),
    ],
    [
      'a new key on one line',
      { path: ['gateway', 'auth', 'mode'], value: 'token' },
      (text) => text.replace('{TOKEN}" }', '{TOKEN}", mode: "token" }'),
    ],
    [
      'a new section where no comma was',
      { path: ['logging', 'level'], value: 'debug' },
      (text) => text.replace('    ]\n  }\n}', '    ]\n  },\n  logging: {\n    level: "debug"\n  }\n}'),
    ],
    [
      'a key that goes',
      { path: ['gateway', 'port'], remove: true },
      (text) => text.replace('    port: 0x10,\n', ''),
    ],
    [
      'the comment of a key that goes stays',
      { path: ['gateway', 'mode'], remove: true },
      (text) => text.replace("mode: 'local', //", ' //'),
    ],
    [
      'the last of a list',
      { path: ['agents', 'list', 1], remove: true },
      (text) => text.replace("'a' }, //", "'a' } //").replace("      { id: 'b' }\n", ''),
    ],
    [
      'a new entry of a list',
      { path: ['agents', 'list', 2], value: { id: 'c' } },
      (text) => text.replace("{ id: 'b' }", `{ id: 'b' },\n      {\n        id: "c"\n      }`),
    ],
    ['what is not there', { path: ['x', 'y'], remove: true }, (text) => text],
  ])('%s', (_, edit, change) => {
    expect(editText(FILE, [edit])).toBe(change(FILE));
  });

  it('JSON stays JSON', () => {
    const text = '{\n  "a": {\n    "b": 1\n  }\n}\n';
    const edited = editText(text, [
      { path: ['a', 'c'], value: { d: [1] } },
      { path: ['e'], value: null },
      { path: ['a', 'b'], remove: true },
    ]);
    expect(JSON.parse(edited)).toEqual({ a: { c: { d: [1] } }, e: null });
  });

  it('an empty file, and one with nothing but comments', () => {
    expect(editText('{}', [{ path: ['a'], value: 1 }])).toBe('{\n  "a": 1\n}');
    expect(editText('{ // none\n}', [{ path: ['a'], value: 1 }])).toBe('{ // none\n  "a": 1\n}');
  });

  it('a key that is there twice goes twice', () => {
    expect(JSON5.parse(editText('{a:1,b:2,a:3}', [{ path: ['a'], remove: true }]))).toEqual({ b: 2 });
  });

  it('windows lines', () => {
    expect(editText('{\r\n  a: 1,\r\n}', [{ path: ['b'], value: 2 }])).toBe('{\r\n  a: 1,\r\n  b: 2,\r\n}');
  });
});

const key = fc.constantFrom('a', 'b', 'c', 'my.key', 'x/y', '', '$', '__proto__', 'constructor');
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, -1.5, true, false, null, '', 'text', '// no', 'a "b" \'c\'\n'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
const record = fc.array(fc.tuple(key, tree), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));

/** The value as somebody may have written it: spaces, lines, comments, commas and quotes anywhere. */
function written(value: unknown, random: () => number): string {
  const pick = <T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  let comments = 0;
  const gap = (): string =>
    pick('', ' ', '\n', '\n\n  ', `/* c${(comments += 1)} */`, ` // c${(comments += 1)}\n`);
  const one = (node: unknown): string => {
    if (Array.isArray(node)) return sequence('[', node.map(one), ']');
    if (typeof node !== 'object' || node === null)
      return typeof node === 'string'
        ? pick(JSON.stringify(node), JSON5.stringify(node))
        : JSON.stringify(node);
    const names = Object.entries(node).map(([name, entry]) => {
      const bare = /^[a-z$]+$/.test(name) && pick(true, false);
      return `${bare ? name : JSON.stringify(name)}${gap()}:${gap()}${one(entry)}`;
    });
    return sequence('{', names, '}');
  };
  const sequence = (open: string, parts: readonly string[], close: string): string => {
    const trailing = parts.length > 0 ? pick('', ',') : '';
    return `${open}${gap()}${parts.map((part) => part + gap()).join(`,${gap()}`)}${trailing}${gap()}${close}`;
  };
  return `${gap()}${one(value)}${gap()}`;
}

const commentsIn = (text: string): string[] => text.match(/\/\* c\d+ \*\/|\/\/ c\d+/g) ?? [];

describe('any edit of any text', () => {
  it('gives what it should, and of what was not replaced every comment stays', () => {
    const random = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));
    fc.assert(
      fc.property(record, record, random, (before, after, numbers) => {
        const text = written(before, () => numbers.next().value as number);
        expect(JSON5.parse(text)).toEqual(before);
        const edits = editsBetween(before, after);
        const edited = editText(text, edits);
        expect(JSON5.parse(edited)).toEqual(after);
        // Comments inside of a value go when that is replaced or removed.
        const inside = edits.some((edit) => typeof at(before, edit.path) === 'object' || insideMember(edit));
        if (!inside) expect(commentsIn(edited)).toEqual(commentsIn(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the same as the edit of the value', () => {
    fc.assert(
      fc.property(record, record, (before, after) => {
        expect(editsBetween(before, after).reduce(withEdit, before as unknown)).toEqual(after);
      }),
    );
  });
});

/** A comment between key and value goes with both. */
const insideMember = (edit: Edit): boolean => 'remove' in edit;

function at(value: unknown, path: Edit['path']): unknown {
  return path.reduce<unknown>(
    (node, part) => (node as Record<string | number, unknown> | undefined)?.[part],
    value,
  );
}
