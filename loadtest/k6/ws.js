/**
 * WebSocket RPC with k6 (1.0 or newer): each virtual user holds one connection and keeps a few `health` requests in flight.
 *
 *   k6 run -e PLLAN_URL=http://127.0.0.1:18789 -e PLLAN_TOKEN=… loadtest/k6/ws.js
 *
 * PLLAN_VUS (at most 32 connect at the same time from one address), PLLAN_IN_FLIGHT and PLLAN_SECONDS change the load.
 */
import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';

const url = (__ENV.PLLAN_URL || 'http://127.0.0.1:18789').replace(/^http/, 'ws');
const inFlight = Number(__ENV.PLLAN_IN_FLIGHT || 4);
const seconds = Number(__ENV.PLLAN_SECONDS || 30);

const latency = new Trend('rpc_health_duration', true);
const answers = new Counter('rpc_health_answers');
const failed = new Rate('rpc_health_failed');
const connected = new Rate('ws_connected');

export const options = {
  scenarios: {
    rpc: {
      executor: 'per-vu-iterations',
      exec: 'rpc',
      vus: Number(__ENV.PLLAN_VUS || 30),
      iterations: 1,
      maxDuration: `${seconds + 30}s`,
    },
  },
  thresholds: {
    ws_connected: ['rate==1'],
    rpc_health_failed: ['rate<0.001'],
    rpc_health_duration: ['p(99)<50'],
  },
};

const connectParams = {
  minProtocol: 4,
  maxProtocol: 4,
  client: { id: 'gateway-client', version: '1', platform: 'linux', mode: 'backend' },
  role: 'operator',
  scopes: ['operator.admin'],
  auth: { token: __ENV.PLLAN_TOKEN || '' },
};

export function rpc() {
  const socket = new WebSocket(url);
  const sentAt = new Map();
  let lastId = 0;
  let done = false;
  let helloOk = false;

  function send(method, params) {
    const id = String((lastId += 1));
    sentAt.set(id, Date.now());
    socket.send(JSON.stringify({ type: 'req', id, method, params }));
  }

  function finish() {
    done = true;
    socket.close();
  }

  socket.addEventListener('message', (message) => {
    const frame = JSON.parse(message.data);
    if (frame.event === 'connect.challenge') send('connect', connectParams);
    if (frame.type !== 'res') return;
    const started = sentAt.get(frame.id);
    sentAt.delete(frame.id);
    if (!helloOk) {
      helloOk = check(frame, { 'connect is answered with hello-ok': (answer) => answer.ok === true });
      if (!helloOk) return;
      for (let i = 0; i < inFlight; i += 1) send('health', {});
      setTimeout(finish, seconds * 1000);
      return;
    }
    latency.add(Date.now() - started);
    answers.add(1);
    failed.add(!frame.ok);
    if (!done) send('health', {});
  });
  socket.addEventListener('close', () => {
    connected.add(helloOk);
    // Closed by the other side with requests open: they count as failed.
    if (!done && helloOk) for (const _ of sentAt.keys()) failed.add(true);
  });
  socket.addEventListener('error', finish);
}
