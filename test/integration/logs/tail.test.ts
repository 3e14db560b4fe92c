/** The log as clients and the command line see it: `logs.tail` and `pllan logs` (methods.md §8, cli.md §8). */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startEntry, type EntryProcess } from '../../support/entry-process.js';
import { cleanEnvironment, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { answer, refusal } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

let gateway: TestGateway;
let file: string;
beforeAll(async () => {
  // So small that files are moved aside all the time.
  gateway = await startGateway({ config: { logging: { level: 'debug', maxFileBytes: 4_096 } } });
  file = /log file: (.*)/.exec(gateway.stdout())?.[1] ?? '';
});
afterAll(() => gateway.stop());

function pllanLogs(...options: readonly string[]): EntryProcess {
  const env = cleanEnvironment(gateway.stateDir, { PLLAN_GATEWAY_PORT: String(gateway.port) });
  return startEntry(['logs', ...options], { env });
}

/** One for each connection; gives their ids. */
async function makeLines(count: number): Promise<unknown[]> {
  const ids: unknown[] = [];
  for (let n = 0; n < count; n += 1) {
    const client = await connectControl(gateway.wsUrl);
    const { server } = client.hello.payload as { readonly server: { readonly connId: string } };
    ids.push(server.connId);
    await client.close();
  }
  return ids;
}

it('tells who may not know it where the file is nothing', async () => {
  const admin = await connectControl(gateway.wsUrl);
  const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
  const full = await answer(admin, 'logs.tail', { limit: 2 });
  expect(full).toMatchObject({ file, reset: false });
  expect(full.lines).toHaveLength(2);
  expect(await answer(reader, 'logs.tail', {})).toMatchObject({ file: '[redacted]', reset: false });
  const nobody = await connectControl(gateway.wsUrl, { params: { scopes: [] } });
  expect(await refusal(nobody, 'logs.tail', {})).toBe('FORBIDDEN missing scope: operator.read');
  for (const bad of [{ limit: 0 }, { limit: 5_001 }, { maxBytes: 1_000_001 }, { cursor: -1 }])
    expect(await refusal(admin, 'logs.tail', bad)).toContain('invalid logs.tail params');
  await Promise.all([admin.close(), reader.close(), nobody.close()]);
});

it('shows no secret, whoever wrote it there', async () => {
  appendFileSync(file, `{"message":"somebody wrote ${TOKEN}"}\n`);
  const client = await connectControl(gateway.wsUrl);
  const { lines } = await answer(client, 'logs.tail', {});
  expect(JSON.stringify(lines)).toContain('somebody wrote test-t…cdef');
  expect(JSON.stringify(lines)).not.toContain(TOKEN);
  await client.close();
});

it('goes on with the next file, and with the gateway after a restart, without losing a line', async () => {
  const follower = pllanLogs('--follow', '--json', '--interval', '20', '--limit', '1');
  await follower.prints(/"type":"log"/);
  const seen = (): unknown[] =>
    follower
      .stdout()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { raw?: string })
      .flatMap(({ raw }) => (raw === undefined ? [] : [JSON.parse(raw) as Record<string, unknown>]))
      .flatMap(({ event, conn }) => (event === 'ws.connected' ? [conn] : []));
  const first = await makeLines(40);
  await waitFor('lines of several files', () => seen().includes(first.at(-1)));
  expect(existsSync(`${file}.2`)).toBe(true);
  const starts = (): number => gateway.stdout().split('ready (').length;
  const before = starts();
  gateway.child.kill('SIGUSR1');
  await waitFor('the restart', () => starts() > before);
  const second = await makeLines(5);
  await waitFor('lines after the restart', () => seen().includes(second.at(-1)));
  const made = new Set([...first, ...second]);
  expect(seen().filter((conn) => made.has(conn))).toEqual([...first, ...second]);
  expect(follower.stdout()).toContain('"type":"notice"');
  follower.child.kill('SIGINT');
  expect(await within('exit', follower.exited)).toBe(130);
});

it('ends quietly when nobody reads it any more', async () => {
  const follower = pllanLogs('--follow', '--interval', '20');
  await follower.prints(/ws/);
  follower.child.stdout?.destroy();
  await makeLines(1);
  expect(await within('exit', follower.exited)).toBe(0);
  expect(follower.stderr()).not.toMatch(/EPIPE|error/i);
});

it('reads the file where no gateway runs', async () => {
  const last = JSON.parse(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '') as {
    message: string;
  };
  const env = cleanEnvironment(gateway.stateDir, { PLLAN_GATEWAY_PORT: '1' });
  const run = startEntry(['logs', '--limit', '1'], { env });
  expect(await within('exit', run.exited)).toBe(0);
  expect(run.stdout()).toContain(last.message);
  expect(run.stderr()).toContain('reading the log file instead');
  expect(run.stderr()).toContain(join(gateway.stateDir, 'logs'));
});
