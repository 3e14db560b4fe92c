/** What may be called how often (protocol.md §7). */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/primary/control/connection.js';
import { dispatch } from '../../../src/primary/control/dispatch.js';
import { RpcError, type AnswerAgain, type Method } from '../../../src/primary/control/methods/method.js';
import { createWriteLimit } from '../../../src/primary/control/write-limit.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { createRedactor } from '../../../src/shared/log/redact.js';

const SECRET = 'a-secret-of-the-gateway';

interface Caller {
  readonly scopes?: readonly string[];
  readonly deviceId?: string;
  readonly address?: string;
}

/** A gateway with two methods that count as writes, and a clock that the test moves. */
function setUp() {
  let clock = 0;
  const methods: Method[] = (['sessions.patch', 'sessions.reset'] as const).map((name) => ({
    name,
    scope: 'operator.write',
    writeLimited: true,
    summary: '',
    answers: '',
    answer: () => '{}',
  }));
  const error = {
    code: 'UNAVAILABLE',
    message: `it is ${SECRET}`,
    details: { issues: [{ path: SECRET, message: SECRET }] },
  } as const;
  const plain = { scope: null, summary: '', answers: '' } as const;
  const payload = JSON.stringify({ summary: SECRET });
  methods.push(
    {
      ...plain,
      name: 'fails',
      answer: () => {
        throw new RpcError(error, payload);
      },
    } as unknown as Method,
    {
      ...plain,
      name: 'fails.late',
      answer: (_params: unknown, _connection: unknown, again: AnswerAgain) => {
        again({ ok: false, payload, error });
        return '{}';
      },
    } as unknown as Method,
  );
  const options = {
    methods: new Map<string, Method>(methods.map((method) => [method.name, method])),
    writeLimit: createWriteLimit(() => clock),
    log: createLogger({ level: 'silent', subsystem: 'ws', sink: { write: () => {} } }),
    wsLog: { asked: () => {}, answered: () => {}, stop: () => {} },
    redactor: createRedactor([SECRET]),
    answered: () => {},
  };
  return {
    pass: (ms: number) => void (clock += ms),
    call(method: string, { scopes = ['operator.write'], deviceId, address = '192.0.2.1' }: Caller = {}) {
      const sent: string[] = [];
      const connection = {
        session: { role: 'operator', scopes: new Set(scopes), device: deviceId && { deviceId } },
        remote: { address },
        send: (frame: string) => sent.push(frame),
      } as unknown as Connection;
      dispatch({ ok: true, id: '1', method, params: { ok: true, value: {} } }, connection, options);
      return JSON.parse(sent[0] ?? '') as { ok: boolean; error?: Record<string, unknown> };
    },
  };
}

it('an error never tells a secret, whatever part of it does', () => {
  const { call } = setUp();
  for (const method of [`unknown ${SECRET}`, 'fails', 'fails.late']) {
    const { error } = call(method, { scopes: ['operator.admin'] });
    expect(JSON.stringify(error)).toContain('a-secr…eway');
    expect(JSON.stringify(error)).not.toContain(SECRET);
  }
});

describe('a method that is limited as a write', () => {
  it('may be called 30 times in 60 s, then is refused with the time to wait', () => {
    const { call, pass } = setUp();
    for (let n = 0; n < 30; n += 1) {
      expect(call('sessions.patch')).toMatchObject({ ok: true });
      pass(1_000);
    }
    pass(18_300);
    expect(call('sessions.patch').error).toEqual({
      code: 'UNAVAILABLE',
      message: 'rate limit exceeded for sessions.patch; retry after 12s',
      details: { method: 'sessions.patch', limit: '30 per 60s' },
      retryable: true,
      retryAfterMs: 11_700,
    });
    pass(11_699);
    expect(call('sessions.patch')).toMatchObject({ ok: false, error: { retryAfterMs: 1 } });
    pass(1);
    expect(call('sessions.patch')).toMatchObject({ ok: true });
    expect(call('sessions.patch')).toMatchObject({ ok: false, error: { retryAfterMs: 1_000 } });
  });

  it('is counted by method, device and address', () => {
    const { call } = setUp();
    const caller = { deviceId: 'd' };
    for (let n = 0; n < 30; n += 1) call('sessions.patch', caller);
    expect(call('sessions.patch', caller)).toMatchObject({ ok: false });
    expect(call('sessions.reset', caller)).toMatchObject({ ok: true });
    expect(call('sessions.patch', { deviceId: 'e' })).toMatchObject({ ok: true });
    expect(call('sessions.patch', { deviceId: 'd', address: '192.0.2.2' })).toMatchObject({ ok: true });
    expect(call('sessions.patch')).toMatchObject({ ok: true });
  });

  it('tells of a missing scope first, which is no call', () => {
    const { call } = setUp();
    const missing = { error: { message: 'missing scope: operator.write' } };
    for (let n = 0; n < 40; n += 1) expect(call('sessions.patch', { scopes: [] })).toMatchObject(missing);
    expect(call('sessions.patch')).toMatchObject({ ok: true });
  });

  it('forgets clients that called longest ago, above a thousand', () => {
    const { call } = setUp();
    for (let n = 0; n < 30; n += 1) call('sessions.patch', { address: 'first' });
    for (let n = 0; n < 999; n += 1) call('sessions.patch', { address: `client ${n}` });
    expect(call('sessions.patch', { address: 'first' })).toMatchObject({ ok: false });
    call('sessions.patch', { address: 'one more' });
    expect(call('sessions.patch', { address: 'first' })).toMatchObject({ ok: true });
  });
});
