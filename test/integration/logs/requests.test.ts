/** What of requests is in the log, and on the console, and what models said in a file (operations.md §6, cli.md §2). */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { chatRequest, startFor, type TestGateway } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

/** Requests that go well and ones that fail, over WebSocket and HTTP. */
async function askAround(gateway: TestGateway): Promise<void> {
  const client = await connectControl(gateway.wsUrl);
  await client.call('health');
  await client.call('sessions.get', {});
  await client.call('no.such.method');
  client.send('{"type":"req","id":5}');
  await client.frame('the answer to what cannot be read', ({ ok, id }) => ok === false && id !== 'connect');
  await client.close();
  await (await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'hello' }))).text();
  await (await fetch(`${gateway.url}/v1/nothing?token=abc`)).text();
}

const withEvent = (gateway: TestGateway, pattern: RegExp): string[] =>
  gateway
    .logLines()
    .filter(({ event }) => pattern.test(String(event)))
    .map(({ message }) => String(message));

describe('normally', () => {
  it('calls that fail are in the log, requests that go well are not', async (test) => {
    const gateway = await startFor(test);
    await askAround(gateway);
    await waitFor('the lines', () => withEvent(gateway, /^ws\.failed-call$/).length >= 3);
    const ms = String.raw`\d+ms conn=\S+ id=`;
    expect(withEvent(gateway, /^ws\.failed-call$/)).toEqual([
      expect.stringMatching(new RegExp(`^⇄ res ✗ sessions\\.get ${ms}call-2 INVALID_REQUEST: key required$`)),
      expect.stringMatching(
        new RegExp(
          `^⇄ res ✗ no\\.such\\.method ${ms}call-3 INVALID_REQUEST: unknown method: no\\.such\\.method$`,
        ),
      ),
      expect.stringMatching(new RegExp(`^⇄ res ✗ unreadable ${ms}`)),
    ]);
    expect(withEvent(gateway, /^(?:ws\.(?:request|response)|http\.)/)).toEqual([]);
    const [line = {}] = gateway.logLines();
    expect(line).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/),
      level: 'info',
      subsystem: 'gateway',
      hostname: expect.any(String),
      pid: gateway.pid,
      _meta: { logLevelName: 'INFO', date: expect.any(String), name: '{"subsystem":"gateway"}' },
      0: line.message,
    });
  });
});

describe('--verbose', () => {
  it('all are on the console, and in a file what models say', async (test) => {
    const gateway = await startFor(test, { args: ['--verbose', '--raw-stream'] });
    await askAround(gateway);
    await gateway.prints(/⇄ res ✓ health \d+ms conn=\S+ id=call-1\n/);
    await gateway.prints(/POST \/v1\/chat\/completions 200 \d+ms\n/);
    await gateway.prints(/GET \/v1\/nothing 404 \d+ms\n/);
    expect(gateway.output()).not.toContain('token=abc');
    // The file's own level is what it was.
    expect(withEvent(gateway, /^(?:ws\.response|http\.request)$/)).toEqual([]);
    const file = join(gateway.stateDir, 'logs', 'raw-stream.jsonl');
    const said = await waitFor('what the model said', () => {
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.length > 0 && lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    });
    expect(said[0]).toMatchObject({ ts: expect.any(String), call: 1, seq: 1, provider: 'echo' });
    expect(said.map(({ event }) => event).join('')).toContain('hello');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('--ws-log full: requests and answers each have a line', async (test) => {
    const gateway = await startFor(test, { args: ['--verbose', '--ws-log', 'full'] });
    await askAround(gateway);
    await gateway.prints(
      /→ req health conn=\S+ id=call-1\n(?:.*\n)*?.*← res ✓ health \d+ms conn=\S+ id=call-1\n/,
    );
  });
});
