import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/primary/port/classify.js';

const verdict = (text: string) => classify(Buffer.from(text, 'latin1'));
const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n';

describe('first bytes', () => {
  it.each([
    ['', 'more'],
    ['PO', 'more'],
    ['POST /v1 HTTP/1.1\r\nHost: x\r\n', 'more'],
    ['POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\nbody', 'worker'],
    ['\r\n\r\nGET /v1 HTTP/1.1\r\n\r\n', 'worker'],
    ['GET /healthz HTTP/1.1\r\n\r\n', 'primary'],
    ['GET /healthz/?x=1 HTTP/1.0\r\n\r\n', 'primary'],
    ['GET http://host:1/readyz HTTP/1.1\r\n\r\n', 'primary'],
    ['GET /metrics HTTP/1.1\r\n\r\n', 'primary'],
    ['GET /healthzz HTTP/1.1\r\n\r\n', 'worker'],
    ['GET /v1?/healthz HTTP/1.1\r\n\r\n', 'worker'],
    [upgrade, 'primary'],
    ['GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n', 'worker'],
    ['GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n', 'worker'],
    ['GET /v1 HTTP/1.1\nHost: x\n\n', 'worker'],
    ['\u0016\u0003\u0001', 'not-http'],
    ['hello there\r\n', 'not-http'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'not-http'],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(17_000)}`, 'too-large'],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 'too-large'],
    [`POST / HTTP/1.1\r\nHost: x\r\n\r\n${'x'.repeat(60_000)}`, 'worker'],
  ])('%j', (text, expected) => expect(verdict(text)).toBe(expected));

  it('say the same however they are cut', () => {
    const requests = [
      upgrade,
      'GET /healthz HTTP/1.1\r\nA: b\r\n\r\n',
      'POST /v1/x HTTP/1.1\r\nA: b\r\n\r\n',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...requests), fc.nat(), (request, cut) => {
        const partial = verdict(request.slice(0, cut % request.length));
        return partial === 'more' || partial === verdict(request);
      }),
    );
  });

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(['more', 'primary', 'worker', 'too-large', 'not-http']).toContain(
          classify(Buffer.from(bytes)),
        );
      }),
    );
  });
});
