/**
 * WebSocket frames of the load test. The echo baseline gets exactly the request frames that the gateway gets.
 */

/** Any request. */
export function requestFrame(id: string, method: string, params: object): string {
  return JSON.stringify({ type: 'req', id, method, params });
}

/** A `health` request. */
export function healthFrame(id: string): string {
  return requestFrame(id, 'health', {});
}

/** The first request of a connection: an operator with every right, protocol 4. In mode `ui` it is present to others. */
export function connectFrame(id: string, token: string, mode: 'backend' | 'ui' = 'backend'): string {
  return JSON.stringify({
    type: 'req',
    id,
    method: 'connect',
    params: {
      minProtocol: 4,
      maxProtocol: 4,
      client: { id: 'gateway-client', version: '1', platform: 'linux', mode },
      role: 'operator',
      scopes: ['operator.admin'],
      auth: { token },
    },
  });
}

/** A message to a session. Its id is the run's too. */
export function chatSendFrame(runId: string, sessionKey: string): string {
  const params = { sessionKey, message: 'Hello there', idempotencyKey: runId };
  return JSON.stringify({ type: 'req', id: runId, method: 'chat.send', params });
}

/** The parts of any incoming frame that the load test looks at. */
export interface IncomingFrame {
  readonly type?: string;
  readonly event?: string;
  readonly id?: string;
  readonly ok?: boolean;
  readonly payload?: {
    readonly type?: string;
    readonly status?: string;
    readonly runId?: string;
    readonly state?: string;
  };
  readonly error?: { readonly message?: string };
}

export function parseFrame(data: string): IncomingFrame {
  const value: unknown = JSON.parse(data);
  if (typeof value !== 'object' || value === null) throw new Error(`not a frame: ${data.slice(0, 80)}`);
  return value;
}
