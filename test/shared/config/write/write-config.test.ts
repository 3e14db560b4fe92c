import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parsePath } from '../../../../src/shared/config/path.js';
import { readSource } from '../../../../src/shared/config/read/source.js';
import { REDACTED } from '../../../../src/shared/config/redact/sensitive.js';
import {
  writeConfig,
  type ConfigChange,
  type WriteRequest,
} from '../../../../src/shared/config/write/write-config.js';

const FILE = `{
  // this machine
  gateway: { mode: 'local', auth: { token: '\${TOKEN}' } },
  models: { $include: './models.json' },
}
`;
const MODELS = `{ providers: { p: { baseUrl: 'http://h/v1', apiKey: 'sk-secret' } } } // mine\n`;

interface Place extends Pick<WriteRequest, 'path' | 'logDir' | 'env' | 'imported'> {
  readonly dir: string;
  read(name?: string): string;
  files(): string[];
  write(change: ConfigChange, over?: Partial<WriteRequest>): ReturnType<typeof writeConfig>;
  set(path: string, value: unknown): ReturnType<typeof writeConfig>;
}

function place(
  files: Readonly<Record<string, string>> = { 'pllan.json': FILE, 'models.json': MODELS },
): Place {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pllan-write-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const where = {
    path: join(dir, 'pllan.json'),
    logDir: join(dir, 'logs'),
    env: { TOKEN: 'hunter2' },
    imported: {},
  };
  const write: Place['write'] = (change, over = {}) => writeConfig({ ...where, change, ...over });
  return {
    ...where,
    dir,
    write,
    read: (name = 'pllan.json') => readFileSync(join(dir, name), 'utf8'),
    files: () => readdirSync(dir).sort(),
    set: (path, value) => write({ kind: 'edits', edits: [{ path: parsePath(path) ?? [], value }] }),
  };
}

const hashOf = ({ path, env }: Place): string => readSource({ path, env }).hash;

describe('a config that is written', () => {
  it('keeps its comments and variables, and is stamped', async () => {
    const at = place();
    const { written, changedPaths } = await at.set('gateway.port', 4000);
    expect({ written, changedPaths }).toEqual({ written: true, changedPaths: ['gateway.port'] });
    expect(at.read()).toMatch(
      /^\{\n {2}\/\/ this machine\n {2}gateway: \{ mode: 'local', auth: \{ token: '\$\{TOKEN\}' \}, port: 4000 \},/,
    );
    expect(at.read()).toMatch(/meta: \{\n {4}lastTouchedVersion: "\d.*",\n {4}lastTouchedAt: "20/);
    expect(statSync(at.path).mode & 0o777).toBe(0o600);
    expect(at.read('pllan.json.bak')).toBe(FILE);
    expect(existsSync(`${at.path}.lock`)).toBe(false);
  });

  it('is made where there is none', async () => {
    const at = place({});
    await at.set('gateway.mode', 'local');
    expect(at.read()).toMatch(/^\{\n {2}"gateway": \{\n {4}"mode": "local"\n {2}\},\n {2}"meta": /);
  });

  it('goes into the file that a section is included from', async () => {
    const at = place();
    await at.set('models.providers.p.baseUrl', 'http://other/v1');
    expect(at.read()).toBe(FILE);
    expect(at.read('models.json')).toBe(MODELS.replace(`'http://h/v1'`, '"http://other/v1"'));
    expect(at.read('models.json.bak')).toBe(MODELS);
  });

  it('stays where a link leads', async () => {
    const at = place({ 'real.json': FILE, 'models.json': MODELS });
    symlinkSync('real.json', at.path);
    await at.set('gateway.port', 4000);
    expect(at.read('real.json')).toContain('port: 4000');
  });

  it('leaves five former contents, the newest without a number', async () => {
    const at = place();
    for (let port = 1; port <= 7; port += 1) await at.set('gateway.port', port);
    const backups = at.files().filter((name) => name.includes('.bak'));
    expect(backups).toEqual(['', '.1', '.2', '.3', '.4'].map((end) => `pllan.json.bak${end}`));
    expect(at.read('pllan.json.bak')).toContain('port: 6');
    expect(at.read('pllan.json.bak.4')).toContain('port: 2');
  });

  it('leaves a line of who wrote how much, and no value', async () => {
    const at = place();
    await at.set('gateway.auth.password', 'hunter3');
    const lines = at.read('logs/config-audit.jsonl').trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      pid: process.pid,
      changedPathCount: 1,
      bytes: at.read().length,
      nextHash: readSource(at).revision,
    });
    expect(lines.join()).not.toContain('hunter3');
  });

  it.runIf(existsSync('/dev/full'))('is not touched where who wrote cannot be noted', async () => {
    const at = place();
    mkdirSync(at.logDir);
    symlinkSync('/dev/full', join(at.logDir, 'config-audit.jsonl'));
    await expect(at.set('gateway.port', 4000)).rejects.toThrow('the disk is full');
    expect(at.read()).toBe(FILE);
  });

  it('leaves no line of a change that was not made', async () => {
    const at = place({ 'pllan.json': FILE, 'models.json': MODELS, 'pllan.json.bak.3': '' });
    mkdirSync(join(at.dir, 'pllan.json.bak.4'));
    await expect(at.set('gateway.port', 4000)).rejects.toThrow('EISDIR');
    expect([at.read(), at.read('logs/config-audit.jsonl')]).toEqual([FILE, '']);
  });

  it('is not touched when nothing changes', async () => {
    const at = place();
    expect(await at.set('gateway.mode', 'local')).toMatchObject({ written: false, changedPaths: [] });
    expect(at.read()).toBe(FILE);
    expect(at.files()).toEqual(['models.json', 'pllan.json']);
  });

  it('is not touched by a rehearsal', async () => {
    const at = place();
    const change = { kind: 'edits', edits: [{ path: ['gateway', 'port'], value: 1 }] } as const;
    expect(await at.write(change, { dryRun: true })).toMatchObject({ changedPaths: ['gateway.port'] });
    expect(at.files()).toEqual(['models.json', 'pllan.json']);
  });

  it('has both of two changes at once', async () => {
    const at = place();
    await Promise.all([
      at.set('gateway.port', 5),
      at.set('logging.level', 'debug'),
      at.set('gateway.bind', 'lan'),
    ]);
    expect(readSource(at).issues).toEqual([]);
    for (const text of ['port: 5', '"debug"', '"lan"']) expect(at.read()).toContain(text);
  });

  it('is written although a dead process left its lock', async () => {
    const at = place();
    writeFileSync(`${at.path}.lock`, JSON.stringify({ pid: 999_999_999 }));
    await at.set('gateway.port', 4000);
    expect(existsSync(`${at.path}.lock`)).toBe(false);
  });
});

describe('a whole text', () => {
  const replaceText = (at: Place, text: string) => at.write({ kind: 'text', text }, { baseHash: hashOf(at) });

  it('is taken as it is, with secrets that were not shown and variables put back', async () => {
    const at = place();
    const text = `{ gateway: { mode: 'local', auth: { token: "${REDACTED}", password: 'p' } }, /* new */ models: { $include: './models.json' } }`;
    await replaceText(at, text);
    expect(at.read()).toContain(`auth: { token: "\${TOKEN}", password: 'p' } }, /* new */`);
    await replaceText(at, at.read().replace('"${TOKEN}"', '"hunter2"'));
    expect(at.read()).not.toContain('hunter2');
  });

  it('without $include goes into the file of the one section that changed, or is refused', async () => {
    const at = place();
    const provider = { baseUrl: 'http://new/v1', apiKey: REDACTED };
    const whole = {
      gateway: { mode: 'local', auth: { token: 'hunter2' } },
      models: { providers: { p: provider } },
    };
    await replaceText(at, JSON.stringify(whole));
    expect(at.read()).toBe(FILE);
    expect(at.read('models.json')).toBe(MODELS.replace(`'http://h/v1'`, '"http://new/v1"'));
    const both = { ...whole, session: { mainKey: 'x' }, models: {} };
    await expect(replaceText(at, JSON.stringify(both))).rejects.toMatchObject({ problem: 'refused' });
  });
});

describe('nothing is written', () => {
  const rejected = (at: Place) => at.files().filter((name) => name.includes('.rejected.'));

  it('of what would be no config; it is kept aside', async () => {
    const at = place();
    await expect(at.set('gateway.port', 'x')).rejects.toMatchObject({
      problem: 'invalid',
      message: 'invalid config',
      issues: [{ path: 'gateway.port', message: 'must be a whole number from 1 to 65535' }],
    });
    expect(at.read()).toBe(FILE);
    expect(rejected(at)).toHaveLength(1);
    expect(at.read(rejected(at)[0])).toContain('port: "x"');
  });

  it.each<[string, ConfigChange, string]>([
    [
      'that drops gateway.mode',
      { kind: 'text', text: '{ models: { $include: "./models.json" } }' },
      'drop gateway.mode',
    ],
    [
      'that drops it alone',
      { kind: 'edits', edits: [{ path: ['gateway', 'mode'], remove: true }] },
      'drop gateway.mode',
    ],
    [
      'that drops meta',
      { kind: 'text', text: '{ gateway: { mode: "local" }, models: { $include: "./models.json" } }' },
      'drop meta',
    ],
  ])('%s', async (_, change, lost) => {
    const at = place();
    await at.set('gateway.port', 1);
    await expect(at.write(change)).rejects.toMatchObject({
      problem: 'clobber',
      message: `config write rejected: it would ${lost}`,
    });
    expect(rejected(at)).toHaveLength(1);
  });

  it('that halves a file', async () => {
    const list = Array.from({ length: 40 }, (_, index) => ({ id: `agent-${index}` }));
    const at = place({ 'pllan.json': JSON.stringify({ gateway: { mode: 'local' }, agents: { list } }) });
    await expect(at.set('agents', {})).rejects.toMatchObject({ problem: 'clobber' });
  });

  it('where the file is another one by now', async () => {
    const at = place();
    const baseHash = hashOf(at);
    await at.set('gateway.port', 1);
    await expect(at.write({ kind: 'text', text: FILE }, { baseHash })).rejects.toMatchObject({
      problem: 'conflict',
      message: 'config changed since last load; re-run config.get and retry',
    });
  });

  it.each([
    ['{ $include: ["a.json", "b.json"] }', 'gateway.port', 'flatten $include at the root'],
    ['{ gateway: { $include: "a.json", mode: "local" } }', 'gateway.port', 'flatten $include at gateway'],
  ])('into %s', async (text, path, message) => {
    const at = place({ 'pllan.json': text, 'a.json': '{}', 'b.json': '{}' });
    await expect(at.set(path, 1)).rejects.toMatchObject({
      problem: 'refused',
      message: expect.stringContaining(message),
    });
  });

  it('of a secret to be kept that is not there', async () => {
    await expect(place().set('gateway.auth.password', REDACTED)).rejects.toMatchObject({
      problem: 'refused',
      message: expect.stringContaining('gateway.auth.password'),
    });
  });

  it('into a text that cannot be read', async () => {
    const at = place({ 'pllan.json': '{a' });
    await expect(at.set('gateway.port', 1)).rejects.toMatchObject({
      message: 'invalid config; fix before patching',
    });
  });
});

describe('a patch', () => {
  const patch = (at: Place, value: object, ...replacePaths: string[]) =>
    at.write({ kind: 'patch', patch: value, replacePaths });
  const agents = {
    'pllan.json': '{ agents: { list: [{ id: "a", name: "A" }, { id: "b" }] }, trustedProxies: 1 }',
  };

  it('merges, and removes with null', async () => {
    const at = place();
    await patch(at, { gateway: { auth: null, port: 5 }, session: { mainKey: 'x' } });
    expect(at.read()).toContain(`gateway: { mode: 'local', port: 5 }`);
    expect(at.read()).toContain('mainKey: "x"');
  });

  it('merges lists by id', async () => {
    const at = place({ 'pllan.json': '{ agents: { list: [{ id: "a", name: "A" }, /* 2 */ { id: "b" }] } }' });
    await patch(at, { agents: { list: [{ id: 'b', name: 'B' }, { id: 'c' }] } });
    expect(at.read()).toContain('[{ id: "a", name: "A" }, /* 2 */ { id: "b", name: "B" }, {');
  });

  it('shortens a list only when it may', async () => {
    const at = place({
      'pllan.json': '{ gateway: { mode: "local", trustedProxies: ["10.0.0.1", "10.0.0.2"] } }',
    });
    const shorter = { gateway: { trustedProxies: ['10.0.0.2'] } };
    await expect(patch(at, shorter)).rejects.toMatchObject({
      message: expect.stringContaining(
        'config.patch would remove entries from array path(s): gateway.trustedProxies. Pass replacePaths',
      ),
    });
    await patch(at, shorter, 'gateway.trustedProxies');
    expect(at.read()).toContain('["10.0.0.2"]');
  });

  it('is refused where the config is invalid', async () => {
    await expect(patch(place(agents), { gateway: { port: 1 } })).rejects.toMatchObject({
      message: 'invalid config; fix before patching',
    });
  });
});
