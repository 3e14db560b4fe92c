/** Web servers on loopback addresses of which a gateway under test takes one for the public internet. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** Counts as public there; every other loopback address is what it is. */
export const PUBLIC = '127.0.0.2';

export interface LocalSite {
  readonly port: number;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  /** Connections taken so far. */
  readonly connections: number;
}

/** Call it in a test file's `beforeAll`, or at its top. */
export async function startSite(address: string, answer: RequestListener, port = 0): Promise<LocalSite> {
  const asked: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => {
    server.listen(port, address, resolve);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    get connections() {
      return connections;
    },
  };
}

/** Of a gateway in which names lead to these addresses: one list for each time that a name is resolved in a call. */
export function networkEnv(hosts: Readonly<Record<string, readonly (readonly string[])[]>>): {
  readonly PLLAN_TEST_NETWORK: string;
} {
  return { PLLAN_TEST_NETWORK: JSON.stringify({ public: [PUBLIC], hosts }) };
}
