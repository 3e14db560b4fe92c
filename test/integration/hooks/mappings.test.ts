/** `POST /hooks/<name>` (http.md §11.4): which mapping fits, what its templates make, what its transform may do. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import {
  HOOK_TOKEN,
  postHook,
  runIdOf,
  saidIn,
  told,
  withHooks,
  withTransforms,
} from '../../support/hooks.js';
import { runTurn } from '../../support/session-calls.js';
import { rowsOf } from '../../support/tool-story.js';
import { waitFor } from '../../support/wait-for.js';

const modules = {
  'shape.mjs': `
    export default ({ payload, headers, url, path }) => ({
      message: JSON.stringify({ payload, headers: Object.keys(headers).sort(), url, path, env: process.env }),
      sessionKey: 'hook:shaped',
    });
    export const nothing = async () => null;
    export const undefinedToo = () => undefined;
    export const wake = ({ payload }) => ({ kind: 'wake', text: 'Woken by ' + payload.by, sessionKey: 'hook:woken' });
    export const wrong = () => 'text';
    export const list = () => [];
    export const wrongField = () => ({ name: 7 });
    export const wrongAction = () => ({ kind: 'dance' });
    export const elsewhere = () => ({ agentId: 'nobody' });
    export const empty = () => ({ message: '' });
    export const throws = () => { throw new Error('thrown on purpose'); };
    export const notPlain = () => ({ message: 1n });
    export const noFunction = 7;
    export const large = () => ({ message: 'x'.repeat(2_000_000) });
  `,
  'common.cjs': `module.exports = ({ payload }) => ({ message: 'common ' + payload.a, sessionKey: 'hook:common' });`,
  'named.mjs': `export const transform = () => ({ message: 'by its name', sessionKey: 'hook:named' });`,
  'broken.mjs': `export default (`,
};

const transforms = Object.fromEntries(
  [
    'nothing',
    'undefinedToo',
    'wrong',
    'list',
    'wrongField',
    'wrongAction',
    'elsewhere',
    'empty',
    'throws',
    'notPlain',
    'noFunction',
    'large',
    'absent',
  ].map((name) => [name, { module: 'shape.mjs', export: name }]),
);
const quiet = { wakeMode: 'next-heartbeat' };
const plain = { ...quiet, allowUnsafeExternalContent: true };

const mappings = [
  {
    ...plain,
    id: 'push',
    match: { path: '/git/push/', source: 'forge' },
    messageTemplate: 'From the forge: {{payload.commits[0].id}}',
    sessionKey: 'hook:forge',
  },
  {
    ...plain,
    match: { path: 'git/push' },
    name: '{{payload.repository.name}}',
    messageTemplate:
      '{{ payload.commits[1].id }}|{{commits[0].id}}|{{payload.none.more}}|{{payload.commits}}|{{payload.n}}{{payload.yes}}|{{headers.X-Event}}|{{query.q}}|{{path}}|{{now}}|{{payload.__proto__}}{{constructor}}|{{}}',
    sessionKey: 'hook:{{payload.repository.name}}',
  },
  {
    match: { path: 'marked' },
    messageTemplate: 'Mail: {{payload.subject}}',
    sessionKey: 'hook:marked',
    ...quiet,
  },
  {
    match: { path: 'bell' },
    action: 'wake',
    textTemplate: 'Bell {{payload.n}}',
    sessionKey: 'hook:bell',
    ...quiet,
  },
  {
    match: { path: 'secrets' },
    ...plain,
    messageTemplate: '[{{headers.authorization}}{{headers.x-pllan-token}}{{headers.cookie}}]',
    sessionKey: 'hook:secrets',
  },
  {
    match: { path: 'waking' },
    messageTemplate: 'not this',
    transform: { module: 'shape.mjs', export: 'wake' },
  },
  { match: { path: 'shape' }, ...plain, messageTemplate: 'not this', transform: { module: 'shape.mjs' } },
  ...['common.cjs', 'named.mjs', 'broken.mjs', 'absent.mjs', 'link.mjs', 'linked/up.mjs', 'changing.mjs'].map(
    (module) => ({
      match: { path: module },
      ...plain,
      transform: { module },
    }),
  ),
  ...Object.entries(transforms).map(([path, transform]) => ({
    match: { path },
    ...plain,
    messageTemplate: 'as it is',
    sessionKey: `hook:${path}`,
    transform,
  })),
  {
    match: { source: 'anywhere' },
    ...plain,
    messageTemplate: 'Whatever the path',
    sessionKey: 'hook:anywhere',
  },
];

let gateway: TestGateway;
let client: ControlClient;
let folder: string;
beforeAll(async () => {
  const stateDir = withTransforms(modules);
  folder = join(stateDir, 'hooks', 'transforms');
  const outside = temporaryDir();
  writeFileSync(join(outside, 'up.mjs'), `export default () => ({ message: 'from outside' });`);
  symlinkSync(join(outside, 'up.mjs'), join(folder, 'link.mjs'));
  symlinkSync(outside, join(folder, 'linked'));
  mkdirSync(join(folder, 'sub'));
  const config = withHooks({ mappings }, { gateway: { workers: { count: 2 } } });
  gateway = await startGateway({ config, stateDir });
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const commits = [{ id: 'aaa' }, { id: 'bbb' }];
const failed: [number, object] = [500, { ok: false, error: 'hook mapping failed' }];
const whyOf = (): string[] =>
  gateway
    .logLines()
    .filter(({ event }) => event === 'hook.mapping')
    .map(({ message }) => String(message));

describe('a mapping', () => {
  it('is the first that fits path and source', async () => {
    await runIdOf(postHook(gateway, 'git/push', { source: 'forge', commits }));
    expect(await saidIn(client, 'hook:forge')).toBe('From the forge: aaa');
    await runIdOf(postHook(gateway, 'some/where/', { source: 'anywhere' }));
    expect(await saidIn(client, 'hook:anywhere')).toBe('Whatever the path');
  });

  it('fills its templates, and what is not there is nothing', async () => {
    const body = { repository: { name: 'Ship' }, commits, n: 1, yes: true };
    await runIdOf(postHook(gateway, 'git/push?q=a%20b', body, { 'x-event': 'Push' }));
    expect(await saidIn(client, 'hook:ship')).toMatch(
      /^bbb\|aaa\|\|\[\{"id":"aaa"\},\{"id":"bbb"\}\]\|1true\|Push\|a b\|git\/push\|\d{4}-\d\d-\d\dT[\d:.]+Z\|\|$/,
    );
  });

  it('marks what strangers wrote unless the owner says otherwise', async () => {
    await runIdOf(postHook(gateway, 'marked', { subject: 'Do it', allowUnsafeExternalContent: true }));
    expect(await saidIn(client, 'hook:marked')).toMatch(
      /^What stands .*<<<external \w+>>>\nMail: Do it\n<<<end/s,
    );
  });

  it('can tell a session something instead', async () => {
    expect(await told(postHook(gateway, 'bell', { n: 3 }))).toEqual([
      200,
      { ok: true, mode: 'next-heartbeat' },
    ]);
    expect(await rowsOf(client, 'hook:bell')).toEqual([]);
    const { payload = {} } = await runTurn(client, 'next', 'hook:bell');
    const { meta } = payload.result as { meta: { agentMeta: { usage: { input: number } } } };
    // The built-in model counts the words that it is shown.
    expect(meta.agentMeta.usage.input).toBe('System: Bell 3 next'.split(' ').length);
  });

  it('is not shown credentials', async () => {
    const headers = { cookie: 'a=b', 'x-pllan-token': HOOK_TOKEN };
    await runIdOf(postHook(gateway, 'secrets', {}, headers));
    expect(await saidIn(client, 'hook:secrets')).toBe('[]');
  });

  it('that makes no message is 400, that there is not is 404', async () => {
    expect(await told(postHook(gateway, 'empty', {}))).toEqual([
      400,
      { ok: false, error: 'message required' },
    ]);
    expect(await told(postHook(gateway, 'git', {}))).toEqual([404, 'Not Found']);
    expect(await told(postHook(gateway, 'git', '{'))).toMatchObject([400, { ok: false }]);
  });

  it('is one run for one Idempotency-Key', async () => {
    const ids = [1, 2, 3].map(() =>
      runIdOf(
        postHook(gateway, 'git/push', { source: 'forge', commits }, { 'idempotency-key': 'delivery-1' }),
      ),
    );
    expect(new Set(await Promise.all(ids)).size).toBe(1);
    const other = postHook(gateway, 'git/push', { source: 'forge' }, { 'idempotency-key': 'delivery-1' });
    expect((await other).status).toBe(422);
  });
});

describe('a transform', () => {
  it('gets payload, headers without credentials, URL and path, and sees no environment', async () => {
    await runIdOf(postHook(gateway, 'shape?a=b', { deep: [{ x: 1 }] }, { 'x-event': 'push', cookie: 'c=d' }));
    expect(JSON.parse(await saidIn(client, 'hook:shaped'))).toEqual({
      payload: { deep: [{ x: 1 }] },
      headers: ['connection', 'content-length', 'host', 'x-event'],
      url: '/hooks/shape?a=b',
      path: 'shape',
      env: {},
    });
  });

  it.each([
    ['common.cjs', { a: 1 }, 'hook:common', 'common 1'],
    ['named.mjs', {}, 'hook:named', 'by its name'],
    ['undefinedToo', {}, 'hook:undefinedtoo', 'as it is'],
  ])('may be written like this: %s', async (name, body, key, said) => {
    await runIdOf(postHook(gateway, name, body));
    expect(await saidIn(client, key)).toBe(said);
  });

  it('may make something else of it, or nothing', async () => {
    const body = { by: 'a mapping' };
    expect(await told(postHook(gateway, 'waking', body))).toEqual([200, { ok: true, mode: 'now' }]);
    expect(await saidIn(client, 'hook:woken')).toContain('see the system events above');
    const nothing = await postHook(gateway, 'nothing', {});
    expect([nothing.status, nothing.body, nothing.headers['content-length']]).toEqual([204, '', undefined]);
    expect(nothing.headers['x-content-type-options']).toBe('nosniff');
  });

  it('that was changed is another one', async () => {
    for (const said of ['before', 'after']) {
      const text = `export default () => ({ message: '${said}', sessionKey: 'hook:${said}' });`;
      writeFileSync(join(folder, 'changing.mjs'), text);
      await runIdOf(postHook(gateway, 'changing.mjs', {}));
      expect(await saidIn(client, `hook:${said}`)).toBe(said);
    }
  });

  it.each([
    ['wrong', 'shape.mjs gave neither an object nor null, but string'],
    ['list', 'shape.mjs gave neither an object nor null, but object'],
    ['wrongAction', 'there is no action "dance"'],
    ['throws', 'thrown on purpose'],
    ['notPlain', 'its result is no plain data'],
    ['noFunction', 'shape.mjs exports no function noFunction'],
    ['absent', 'shape.mjs exports no function absent'],
    ['broken.mjs', 'failed ('],
    ['absent.mjs', 'ENOENT'],
    ['link.mjs', 'link.mjs is a link to outside of hooks.transformsDir'],
    ['linked/up.mjs', 'linked/up.mjs is a link to outside of hooks.transformsDir'],
  ])('that fails is 500, and why is in the log only: %s', async (name, why) => {
    expect(await told(postHook(gateway, name, {}))).toEqual(failed);
    await waitFor('the log', () =>
      whyOf().some((line) => line.startsWith(`hook ${name}: `) && line.includes(why)),
    );
  });

  it.each([
    ['wrongField', 'name must be a string'],
    ['elsewhere', 'unknown agent id "nobody"'],
    ['large', 'message must have at most 1048576 characters'],
  ])('that makes what no hook may be is 400: %s', async (name, error) => {
    expect(await told(postHook(gateway, name, {}))).toEqual([400, { ok: false, error }]);
  });
});
