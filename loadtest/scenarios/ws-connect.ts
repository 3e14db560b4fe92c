/** How many WebSocket clients can come and go: 50 side by side connect with the token, get their hello-ok and close. */
import { measureAlone } from './alone.js';
import type { Scenario } from './scenario.js';

const name = 'ws-connect';
const parallel = 50;

export const wsConnect: Scenario = {
  name,
  run: (bench) =>
    measureAlone(bench, {
      scenario: name,
      // All of them come from one address, which may otherwise have 32 sockets that are not authenticated yet.
      variant: { env: { PLLAN_MAX_PREAUTH_CONNECTIONS_PER_IP: String(2 * parallel) } },
      unit: 'connects/s',
      latency: 'until hello-ok',
      item: 'connect',
      load: ({ wsUrl: url, token }, durationMs) => bench.runConnectLoad({ url, token, parallel, durationMs }),
    }),
};
