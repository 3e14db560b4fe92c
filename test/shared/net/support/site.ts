/** A web server of the test's own, and a network in which names lead to it. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { isPublicAddress } from '../../../../src/shared/net/address-ranges.js';
import type { Network } from '../../../../src/shared/net/guarded-fetch.js';
import { pinnedTestCert, pinnedTestKey } from './pinned-test-cert.js';

export interface Site {
  readonly port: number;
  /** Paths that were asked for. */
  readonly asked: string[];
}

export async function site(answer: RequestListener, tls = false): Promise<Site> {
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  };
  const server: Server = tls
    ? createTlsServer({ key: pinnedTestKey, cert: pinnedTestCert }, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

export interface TestNetwork extends Network {
  readonly resolved: string[];
}

/**
 * Every name leads to 127.0.0.1, which counts as public; `hosts` says otherwise, one list of addresses for each time
 * that the name is resolved, the last one for all after it.
 */
export function testNetwork(
  hosts: Readonly<Record<string, readonly (readonly string[])[]>> = {},
): TestNetwork {
  const resolved: string[] = [];
  return {
    resolved,
    ca: pinnedTestCert,
    resolve(host) {
      const times = resolved.filter((name) => name === host).length;
      resolved.push(host);
      const answers = hosts[host] ?? [['127.0.0.1']];
      return Promise.resolve(answers[Math.min(times, answers.length - 1)] ?? []);
    },
    isAllowedAddress: (address) => address === '127.0.0.1' || isPublicAddress(address),
  };
}
