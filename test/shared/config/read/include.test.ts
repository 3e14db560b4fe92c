import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../../src/shared/config/load.js';
import { fileAt, valueOf } from '../../../../src/shared/config/read/node.js';
import { readSource } from '../../../../src/shared/config/read/source.js';

function folder(files: Readonly<Record<string, string>>): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pllan-include-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const read = (dir: string, env: Record<string, string> = {}) =>
  readSource({ path: join(dir, 'pllan.json'), env });

function valueIn(files: Readonly<Record<string, string>>): unknown {
  const source = read(folder(files));
  expect(source.issues).toEqual([]);
  return valueOf(source.root);
}

describe('$include', () => {
  it('puts a file in place of its object', () => {
    const files = { 'pllan.json': '{gateway:{$include:"./g.json5"}}', 'g.json5': '// mine\n{port:1}' };
    expect(valueIn(files)).toEqual({ gateway: { port: 1 } });
  });

  it('merges keys beside it on top, objects key by key, lists joined', () => {
    const files = {
      'pllan.json': '{gateway:{$include:"g.json",port:2,tools:{deny:["b"]}}}',
      'g.json': '{port:1,bind:"lan",tools:{allow:["x"],deny:["a"]}}',
    };
    expect(valueIn(files)).toEqual({
      gateway: { port: 2, bind: 'lan', tools: { allow: ['x'], deny: ['a', 'b'] } },
    });
  });

  it('merges several files in order', () => {
    const files = {
      'pllan.json': '{$include:["a.json","b.json"],c:{x:1}}',
      'a.json': '{a:1,c:{x:2,y:2}}',
      'b.json': '{a:2}',
    };
    expect(valueIn(files)).toEqual({ a: 2, c: { x: 1, y: 2 } });
  });

  it('takes a list as a whole, also inside a list', () => {
    const files = {
      'pllan.json': '{agents:{list:{$include:"l.json"}},bindings:[{$include:"b.json"}]}',
      'l.json': '[{id:"a"}]',
      'b.json': '{agentId:"a"}',
    };
    expect(valueIn(files)).toEqual({ agents: { list: [{ id: 'a' }] }, bindings: [{ agentId: 'a' }] });
  });

  it('is relative to the file that it stands in', () => {
    const files = {
      'pllan.json': '{gateway:{$include:"d/g.json"}}',
      'd/g.json': '{auth:{$include:"./a.json"}}',
      'd/a.json': '{mode:"none"}',
    };
    expect(valueIn(files)).toEqual({ gateway: { auth: { mode: 'none' } } });
  });

  it('lists every file that was read, the config file first, and says where a value is from', () => {
    const dir = folder({
      'pllan.json': '{gateway:{$include:"g.json"},logging:{}}',
      'g.json': '{auth:{$include:"a.json"}}',
      'a.json': '{}',
    });
    const { files, root, hash, revision } = read(dir);
    expect(files).toEqual(['pllan.json', 'g.json', 'a.json'].map((name) => join(dir, name)));
    expect(fileAt(root, ['gateway', 'auth', 'mode'])).toBe(join(dir, 'a.json'));
    expect(fileAt(root, ['logging', 'level'])).toBe(join(dir, 'pllan.json'));
    expect(revision).not.toBe(hash);
    writeFileSync(join(dir, 'a.json'), '{mode:"none"}');
    expect(read(dir)).toMatchObject({ hash });
    expect(read(dir).revision).not.toBe(revision);
  });

  it('names the file of an issue', () => {
    const dir = folder({ 'pllan.json': '{gateway:{$include:"g.json"}}', 'g.json': '{prot:1}' });
    const loaded = loadConfig({ path: join(dir, 'pllan.json'), env: {} });
    expect(loaded.ok ? [] : loaded.issues).toEqual([
      { path: 'gateway.prot', message: 'unknown key (did you mean port?)', file: join(dir, 'g.json') },
    ]);
  });
});

describe('an $include is an issue', () => {
  const issuesIn = (dir: string, env: Record<string, string> = {}) =>
    read(dir, env).issues.map(({ path, message }) => [path, message.replaceAll(`${dir}/`, '')]);

  it.each([
    ['of a missing file', 'x.json', 'Include file not found: x.json'],
    ['of a folder', '.', expect.stringContaining("outside the config's folder")],
    ['of what is not JSON5', 'bad.json', expect.stringContaining('Include bad.json: not valid JSON5')],
    ['of itself', 'pllan.json', 'Circular include detected: pllan.json -> pllan.json'],
    ['in a circle', 'a.json', 'Circular include detected: a.json -> b.json -> a.json'],
    ['outside the folder', '/etc/hostname', expect.stringContaining("outside the config's folder")],
    ['of something else', 5, '$include must be a path or a list of paths'],
    ['of nothing', [], '$include must name a file'],
    ['of a scalar among several', ['s.json', 's.json'], expect.stringContaining('needs objects')],
  ])('%s', (_, include, message) => {
    const dir = folder({
      'pllan.json': JSON.stringify({ gateway: { $include: include } }),
      'bad.json': '{a',
      'a.json': '{x:{$include:"b.json"}}',
      'b.json': '{x:{$include:"a.json"}}',
      's.json': '1',
    });
    expect(issuesIn(dir)).toEqual([[expect.stringMatching(/^gateway/), message]]);
  });

  it('when a link leads out of the folder, unless the place is allowed', () => {
    const outside = folder({ 'o.json': '{port:7}' });
    const dir = folder({ 'pllan.json': '{gateway:{$include:"l.json"}}' });
    symlinkSync(join(outside, 'o.json'), join(dir, 'l.json'));
    expect(issuesIn(dir)).toEqual([['gateway', expect.stringContaining("outside the config's folder")]]);
    expect(issuesIn(dir, { PLLAN_INCLUDE_ROOTS: `/nowhere:${outside}` })).toEqual([]);
  });

  it('at the eleventh level, and not at the tenth', () => {
    const chain = (levels: number) => {
      const files: Record<string, string> = { 'pllan.json': '{a:{$include:"1.json"}}' };
      for (let level = 1; level < levels; level += 1)
        files[`${level}.json`] = `{a:{$include:"${level + 1}.json"}}`;
      return { ...files, [`${levels}.json`]: '{}' };
    };
    expect(issuesIn(folder(chain(10)))).toEqual([]);
    expect(issuesIn(folder(chain(11)))).toEqual([
      [expect.stringMatching(/^a\.a/), 'Include depth is over 10: 11.json'],
    ]);
  });

  it('of a file over 2 MiB', () => {
    const dir = folder({ 'pllan.json': '{$include:"big.json"}', 'big.json': `{}${' '.repeat(2 ** 21)}` });
    expect(issuesIn(dir)).toEqual([['', expect.stringContaining('larger than 2097152 bytes')]]);
  });

  it('when files include each other twice at every level', () => {
    const files: Record<string, string> = { 'pllan.json': '{$include:["1.json","1.json"]}' };
    for (let level = 1; level < 10; level += 1)
      files[`${level}.json`] = `{$include:["${level + 1}.json","${level + 1}.json"]}`;
    const found = issuesIn(folder({ ...files, '10.json': '{}' }));
    expect(found[0]?.[1]).toBe('more than 256 includes');
  });

  it('of more levels than anybody needs', () => {
    const dir = folder({ 'pllan.json': '{"a":'.repeat(70) + '1' + '}'.repeat(70) });
    expect(issuesIn(dir)).toEqual([['', 'must have at most 64 levels']]);
  });
});
