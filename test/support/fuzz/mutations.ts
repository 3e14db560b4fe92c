/** What can be wrong with a message: with what it says, how it is written, which bytes it is made of, how it is sent. */
import fc from 'fast-check';

type Change<T> = (value: T) => T;

const ownProto: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}');

/** Values that fit next to nothing. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324),
  fc.constantFrom<unknown>(
    '',
    ' ',
    '\u0000',
    '\uD800',
    'a\uDFFFb',
    '\u202E',
    '__proto__',
    'constructor',
    'null',
  ),
  fc.constantFrom(64, 256, 257, 512, 513, 4_097).map((length) => 'x'.repeat(length)),
  fc.constantFrom<unknown>([], {}, [[]], [null], { length: 1 }, ownProto),
  fc.jsonValue({ maxDepth: 2 }),
);

const oddKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'id',
  '',
  '\u0000',
  '\uD800',
  'x'.repeat(5_000),
);

type Path = readonly string[];

/** A change somewhere in a value: another value, one thing less, one more, one level deeper. */
export const changedValue: fc.Arbitrary<Change<unknown>> = fc
  .record({
    place: fc.nat(),
    kind: fc.constantFrom('replace', 'remove', 'add', 'wrap'),
    value: odd,
    key: oddKey,
  })
  .map(({ place, kind, value, key }) => (whole) => {
    const copy = structuredClone({ whole });
    const paths = pathsOf(copy.whole, ['whole']);
    const path = paths[place % paths.length] ?? ['whole'];
    const holder = path
      .slice(0, -1)
      .reduce<unknown>((inner, step) => (inner as Holder)[step], copy) as Holder;
    const last = path.at(-1) ?? 'whole';
    const target = holder[last];
    if (kind === 'remove' && path.length > 1) delete holder[last];
    else if (kind === 'add' && typeof target === 'object' && target !== null) define(target, key, value);
    else define(holder, last, kind === 'wrap' ? [target] : value);
    return copy.whole;
  });

type Holder = Record<string, unknown>;

/** As JSON.parse does it: also `__proto__` is a name like any other. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function pathsOf(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

const tokens = `NaN Infinity -Infinity 1e999 -1e999 -0 01 0x1 1. .5 undefined 'x' "\\ud800" "\\u0000" "\\x" " /**/ , ,, } ]`;
const token = fc.constantFrom(...tokens.split(' '), '\uFEFF', '\u0000', '9'.repeat(400));

const inPlaceOfValue = (at: number, what: string) => (text: string) => {
  const values = [...text.matchAll(/(?<=:)(?:"(?:[^"\\]|\\.)*"|[\d.e+-]+|true|false|null)/g)];
  const chosen = values[at % Math.max(1, values.length)];
  if (!chosen) return what;
  return text.slice(0, chosen.index) + what + text.slice(chosen.index + chosen[0].length);
};

/** A value in a value in a value. */
const deep = fc
  .tuple(fc.constantFrom(60, 2_000, 40_000), fc.constantFrom(['[', ']'], ['{"x":', '}']))
  .map(([depth, [open = '', close = '']]) => `${open.repeat(depth)}0${close.repeat(depth)}`);

/** A change of the text: a token where none belongs or in place of a value, an end too soon, a key twice. */
export const changedText: fc.Arbitrary<Change<string>> = fc.oneof(
  fc.nat().map((at) => (text: string) => text.slice(0, at % (text.length + 1))),
  fc.tuple(fc.nat(), token).map(([at, what]) => (text: string) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + what + text.slice(place);
  }),
  fc.tuple(fc.nat(), token).map(([at, what]) => inPlaceOfValue(at, what)),
  fc.tuple(fc.nat(), deep).map(([at, what]) => inPlaceOfValue(at, what)),
  fc
    .constantFrom(
      '"id":"twice",',
      '"id":7,',
      '"method":"health",',
      '"params":{},',
      '"__proto__":{},',
      '"params":[],',
    )
    .chain((member) =>
      fc.boolean().map((last) => (text: string) => {
        if (!last) return `{${member}${text.slice(1)}`;
        return `${text.slice(0, -1)},${member.slice(0, -1)}}`;
      }),
    ),
  fc.constantFrom('', ' ', '\n', '{}', '[]', 'null', '""', '0', '{"type":"req"}').map((text) => () => text),
);

/** So large that a thread has to read it. */
export const enlarged: fc.Arbitrary<Change<Buffer>> = fc
  .constantFrom(257, 300, 1_000)
  .map((kib) => (text: Buffer) => Buffer.concat([text, Buffer.alloc(kib * 1_024, ' ')]));

/** Bytes that no UTF-8 has. */
export const changedBytes: fc.Arbitrary<Change<Buffer>> = fc
  .tuple(
    fc.nat(),
    fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]),
  )
  .map(([at, bytes]) => (text: Buffer) => {
    const place = at % (text.length + 1);
    return Buffer.concat([text.subarray(0, place), Buffer.from(bytes), text.subarray(place)]);
  });

/** How a message goes over the wire: as text or binary, in pieces of these lengths. */
export interface Sending {
  readonly binary: boolean;
  readonly pieces: readonly number[];
}

export const sending: fc.Arbitrary<Sending> = fc.record({
  binary: fc.boolean(),
  pieces: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(40), { maxLength: 4 }) },
  ),
});
