/**
 * Nothing secret leaves: a gateway with a secret in every place that can hold one, everything done to it that goes wrong
 * with one of them in reach, and then a look at all that it has said, written, started and kept in memory.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inEveryForm } from '../../../support/canaries.js';
import { connectControl, type ControlClient } from '../../../support/control-client.js';
import { authOf, connectDevice, createDevice } from '../../../support/device.js';
import { childrenOf, temporaryDir, type TestGateway } from '../../../support/gateway.js';
import { answerStatus, type MockProvider } from '../../../support/mock-provider.js';
import { memoryOf } from '../../../support/process-memory.js';
import { requestOnce } from '../../../support/request-once.js';
import { waitFor } from '../../../support/wait-for.js';
import { repeated, repeating } from './repeating.js';
import { startCanaryGateway, type CanaryGateway } from './start.js';
import { canaries, elsewhere, sent, written } from './values.js';

let place: CanaryGateway;
let gateway: TestGateway;
let provider: MockProvider;
let client: ControlClient;
let deviceToken = '';
/** What the gateway has answered, over HTTP. */
const answers: string[] = [];

beforeAll(async () => {
  place = await startCanaryGateway();
  ({ gateway, provider } = place);
  client = await connectControl(gateway.wsUrl, { params: { auth: { token: elsewhere.token } } });
  await mcpConnected();
});
afterAll(() => place.stop());

async function mcpConnected(): Promise<void> {
  await waitFor('the MCP server', async () => {
    const { payload } = await client.call('tools.catalog', {});
    return JSON.stringify(payload ?? {}).includes('leaky__tell');
  });
}

/** A request whose answer is looked at in the end. */
async function ask(path: string, init: RequestInit & { readonly token?: string } = {}): Promise<number> {
  const { token = elsewhere.token, headers, ...rest } = init;
  const answer = await requestOnce(`${gateway.url}${path}`, {
    ...rest,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(headers as object) },
  });
  answers.push(JSON.stringify([answer.status, answer.headers, answer.body]));
  return answer.status;
}

const post = (path: string, body: unknown, more: object = {}): Promise<number> =>
  ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...more });

const chat = (model: string, more: object = {}): Promise<number> =>
  post(
    '/v1/chat/completions',
    { model: 'pllan', messages: [{ role: 'user', content: 'hello' }], ...more },
    { headers: { 'x-pllan-model': model } },
  );

const nameOnly = (found: string): string => found.replace(/ as .*$/, '');

describe('in a gateway that works', () => {
  it('each secret is where it is needed', async () => {
    expect(canaries.count).toBeGreaterThanOrEqual(40);
    expect(await post('/tools/invoke', { name: 'leaky__echo', args: { text: 'x' } })).toBe(200);
    expect(await chat('mock/m-1')).toBe(200);
    const { headers } = provider.calls[0]?.request ?? { headers: {} };
    expect(headers).toMatchObject({
      authorization: `Bearer ${elsewhere.execKey}`,
      'x-text': `Bearer ${elsewhere.inText}`,
      'x-single': elsewhere.single,
      'x-raw': elsewhere.raw,
      'x-dotenv': elsewhere.dotenv,
      'x-inline': written.inlineVariable,
    });
  });
});

describe('what goes wrong', () => {
  it('with clients that show something else', async () => {
    for (const token of [sent.wrongToken, Buffer.from(sent.wrongToken).toString('base64')])
      expect(await ask('/v1/models', { token })).toBe(401);
    await ask(`/v1/models?token=${sent.queryToken}&access_token=${sent.queryToken}`);
    await ask('/v1/models', {
      headers: {
        'x-api-key': sent.apiKey,
        cookie: `a=${sent.cookie}`,
        'proxy-authorization': sent.proxyAuth,
      },
    });
    await post('/hooks/wake', { text: 'x' }, { token: sent.wrongHook });
    await post(`/hooks/wake?token=${sent.wrongHook}`, { text: 'x' }, { token: sent.wrongHook });
    for (const auth of [
      { token: sent.wrongToken },
      { password: sent.wrongPassword },
      { deviceToken: sent.wrongDevice },
      { bootstrapToken: sent.wrongToken },
    ]) {
      const refused = await connectControl(gateway.wsUrl, { params: { auth } });
      answers.push(JSON.stringify(refused.frames));
      await refused.close();
    }
    const params = {
      client: { id: 'cli', mode: 'cli', platform: 'linux' },
      scopes: ['operator.read'],
      auth: { token: elsewhere.token },
    };
    const device = createDevice();
    const paired = await connectDevice(gateway.wsUrl, device, params);
    deviceToken = String(authOf(paired).deviceToken);
    await paired.close();
    const again = await connectDevice(gateway.wsUrl, device, {
      ...params,
      auth: { deviceToken: sent.wrongDevice },
    });
    answers.push(JSON.stringify(again.frames));
    await again.close();
  });

  it('with requests that hold one', async () => {
    const key = elsewhere.execKey;
    for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/tools/invoke'])
      for (const body of [
        `{"model":"${key}`,
        key,
        { model: key, messages: key, input: { a: key } },
        { [key]: 1, name: key, args: key },
        { model: 'pllan', user: key, messages: [{ role: key }], input: [{ type: key }] },
        { name: key, args: { [key]: key } },
        { name: 'leaky__echo', args: {}, agentId: key },
      ])
        await post(path, body);
    await chat(key);
    await chat('mock/m-1', { user: key, tools: [{ type: key }], tool_choice: key });
    for (const path of [`/v1/models/${key}`, `/sessions/${key}/history`, `/nothing/${key}`, `/?${key}`])
      await ask(path);
    for (const name of ['agent', 'wake', 'failing', 'unmapped'])
      for (const body of [`{"message": ${key}`, { message: key, agentId: key, text: 7, sessionKey: key }])
        await post(`/hooks/${name}`, body, { token: written.hookToken, headers: { 'x-github': key } });
  });

  it('with providers that repeat what they were sent', async () => {
    for (const behaviour of repeating) {
      provider.behave(behaviour);
      await chat('mock/m-1');
      await chat('other/m-2', { stream: true });
      await post('/v1/responses', { model: 'pllan', input: 'hello', stream: true });
      await post('/v1/embeddings', { model: 'pllan', input: 'hello' });
      const runId = randomUUID();
      client.send({
        type: 'req',
        id: runId,
        method: 'agent',
        params: { message: 'hello', idempotencyKey: runId },
      });
      await client.frame(
        'the end of a run',
        ({ id, payload }) => id === runId && payload?.status !== 'accepted',
      );
    }
    await chat('closed/m-3');
    await chat('closed/m-3', { stream: true });
  });

  it('with tools that tell what they see', async () => {
    const known = [
      written.plainKey,
      elsewhere.execKey,
      elsewhere.inText,
      written.mcpHeader,
      elsewhere.passed,
    ];
    const path = join(temporaryDir(), 'known');
    writeFileSync(path, known.map((one) => inEveryForm(one)).join('\n'));
    await post('/tools/invoke', { name: elsewhere.execKey });
    for (const [name, args] of [
      ['leaky__tell', {}],
      ['leaky__tell_error', {}],
      ['leaky__tell_invalid', {}],
      ['leaky__fail', {}],
      ['test_throw', { text: elsewhere.execKey }],
      ['exec', { command: 'env; cat /proc/$PPID/environ; cat /proc/$PPID/cmdline' }],
      ['exec', { command: `cat ${path}` }],
      ['exec', { command: `cat ${elsewhere.execKey}; exit 3` }],
      ['exec', { command: `true`, cwd: `/${elsewhere.execKey}` }],
    ] as const) {
      await post('/tools/invoke', { name, args });
      answers.push(JSON.stringify(await client.call('tools.invoke', { name, args })));
    }
  });

  it('with the config and its secrets', async () => {
    const { payload } = await client.call('config.get', {});
    const baseHash = payload?.hash;
    const every = Object.values({ ...written, ...elsewhere }).slice(0, 20);
    for (const [n, raw] of [
      `{ gateway: { auth: { token: [${JSON.stringify(written.password)}] } } }`,
      `{ gateway: { port: ${JSON.stringify(elsewhere.token)}, bind: ${JSON.stringify(elsewhere.token)} } }`,
      `{ models: { providers: { mock: { apiKey: [${JSON.stringify(elsewhere.execKey)}], api: ${JSON.stringify(elsewhere.execKey)} } } } }`,
      `{ models: { providers: { mock: { baseUrl: ${JSON.stringify(written.inUrl)}, headers: ${JSON.stringify(elsewhere.execKey)} } } } }`,
      `{ hooks: { token: { source: ${JSON.stringify(written.hookToken)}, id: ${JSON.stringify(written.hookToken)} } } }`,
      `{ mcp: { servers: { leaky: { env: { A: 7, B: [${JSON.stringify(written.mcpEnv)}] } } } } }`,
      `{ ${JSON.stringify(every[0])}: 1, gateway: { ${JSON.stringify(every[1])}: 1 } }`,
      `{ logging: { level: ${JSON.stringify(every[2])} } }`,
      `{ not json ${written.password}`,
      JSON.stringify({ agents: { list: every.map((id) => ({ id })) } }),
      `{ gateway: { store: { url: ${JSON.stringify(written.storeUrl)} } } }`,
      `{ gateway: { handshakeTimeoutMs: 14000 } }`,
    ].entries())
      answers.push(
        JSON.stringify(await client.call(n % 2 === 0 ? 'config.patch' : 'config.set', { raw, baseHash })),
      );
    for (const [method, params] of [
      ['config.get', {}],
      ['config.schema', {}],
      ['config.schema.lookup', { path: elsewhere.token }],
      [elsewhere.token, {}],
      ['health', { [elsewhere.token]: 1 }],
      ['status', { [elsewhere.token]: 1 }],
      ['agent', { message: 7, [elsewhere.execKey]: elsewhere.execKey }],
      ['sessions.patch', { key: 'main', model: elsewhere.execKey }],
      ['models.list', {}],
      ['secrets.resolve', { commandName: 'x', targetIds: [elsewhere.token] }],
      ['exec.approvals.get', {}],
      ['device.pair.list', {}],
      ['config.schema.lookup', { path: `a.${elsewhere.token}` }],
    ] as const)
      answers.push(JSON.stringify(await client.call(method, params)));
    const { path, good } = place.secretsFile;
    for (const [content, mode] of [
      [`{"token": ${elsewhere.token}`, 0o600],
      [JSON.stringify({ token: [elsewhere.token], key: { a: elsewhere.fileKey } }), 0o600],
      [JSON.stringify({ token: elsewhere.token, key: `${elsewhere.fileKey}\n${elsewhere.token}` }), 0o600],
      [good, 0o644],
    ] as const) {
      writeFileSync(path, content);
      chmodSync(path, mode);
      const reloaded = await client.call('secrets.reload', {});
      expect(reloaded.ok).toBe(false);
      answers.push(JSON.stringify(reloaded));
      for (const method of ['status', 'health'])
        answers.push(JSON.stringify(await client.call(method, { probe: true })));
    }
    writeFileSync(path, good, { mode: 0o600 });
    chmodSync(path, 0o600);
    expect(await client.call('secrets.reload', {})).toMatchObject({ ok: true });
  });

  it('with a worker that dies of it', async () => {
    const before = gateway.workers();
    provider.behave((call) => answerStatus(200, { choices: 7, text: repeated(call) })(call));
    await chat('mock/m-1');
    await chat('echo/echo', { messages: [{ role: 'user', content: `/exit ${elsewhere.execKey}` }] });
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await waitFor('another worker', () => {
      const now = gateway.workers();
      return now.length > 0 && now.every((pid) => !before.includes(pid));
    });
    await mcpConnected();
  });
});

describe('afterwards no secret is', () => {
  it('in the memory of a worker that does not need it', () => {
    // Of the one that took the place of the first: no client has sent it anything yet.
    const pieces = gateway.workers().flatMap((pid) => [...memoryOf(pid)]);
    const all = pieces.flatMap((piece) => canaries.foundIn(piece));
    // What looks like base64 of one may be anything in a hundred megabytes.
    const plain = all.filter((one) => / as (?:it is|UTF-16)$/.test(one)).map(nameOnly);
    const { passed, fileKey, execKey, single, raw, variable, inText, dotenv, mcpRef } = elsewhere;
    const {
      plainKey,
      plainHeader,
      inUrl,
      profileKey,
      memoryKey,
      mcpUrl,
      mcpQuery,
      mcpHeader,
      mcpEnv,
      inlineVariable,
    } = written;
    const needed = [
      passed,
      fileKey,
      execKey,
      single,
      raw,
      variable,
      inText,
      dotenv,
      mcpRef,
      plainKey,
      plainHeader,
      inUrl,
      profileKey,
      memoryKey,
      mcpUrl,
      mcpQuery,
      mcpHeader,
      mcpEnv,
      inlineVariable,
    ].flatMap((secret) => canaries.foundIn(secret).map(nameOnly));
    expect([...new Set(plain)].sort()).toEqual(needed.sort());
  });

  it('in what processes are started with', () => {
    const workers = gateway.workers();
    const servers = workers.flatMap(childrenOf);
    expect([workers.length, servers.length]).toEqual([1, 1]);
    const of = (pid: number, what: string): string[] =>
      canaries.foundIn(readFileSync(`/proc/${pid}/${what}`, 'latin1'));
    expect([gateway.pid, ...workers, ...servers].flatMap((pid) => of(pid, 'cmdline'))).toEqual([]);
    expect(workers.flatMap((pid) => of(pid, 'environ'))).toEqual([]);
    // That is how it gets them.
    expect(servers.flatMap((pid) => of(pid, 'environ'))).toEqual([
      'ref of an MCP server as it is',
      'variable of an MCP server as it is',
    ]);
  });

  it('in what the gateway has told', async () => {
    await ask('/metrics');
    await ask('/healthz');
    await ask('/readyz');
    expect(canaries.foundIn(gateway.output()), 'console').toEqual([]);
    for (const one of [...client.frames.map((frame) => JSON.stringify(frame)), ...answers])
      expect.soft(canaries.foundIn(one), one.slice(0, 2_000)).toEqual([]);
  });

  it('in what the gateway has written', async () => {
    expect(await gateway.stop()).toBe(0);
    const owned = new Set(Object.values(written).flatMap((secret) => canaries.foundIn(secret)));
    const files = readdirSync(gateway.stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of files) {
      const name = relative(gateway.stateDir, path);
      const text = readFileSync(path, 'latin1');
      const found = canaries.foundIn(text);
      // Where its owner has written it, and in copies of that.
      const own = name.startsWith('pllan.json') ? owned : new Set(name === '.env' ? found : []);
      expect
        .soft(
          found.filter((one) => !own.has(one)),
          name,
        )
        .toEqual([]);
      if (found.length > 0) expect.soft((statSync(path).mode & 0o077).toString(8), name).toBe('0');
      // The gateway's own record of it, from which the device gets it again.
      if (!name.startsWith('store'))
        expect.soft(text.includes(deviceToken), `device token in ${name}`).toBe(false);
    }
    expect(files.length).toBeGreaterThan(5);
  });
});
