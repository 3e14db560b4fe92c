/** Asks the gateway itself: connect, then `status` (cli.md §3). What goes wrong is a finding, not an exception. */
import { connectGateway, type Hello } from '../client/client.js';
import { deadlineIn } from '../client/deadline.js';
import { GatewayError } from '../client/errors.js';
import { displayUrl } from '../client/gateway-url.js';
import type { GatewayTarget } from '../client/target.js';
import { toError } from '../../shared/to-error.js';
import { isRecord } from '../record.js';

export type Capability = 'admin_capable' | 'write_capable' | 'read_only' | 'connected_no_operator_scope';

/** As it stands in the JSON output. */
export type ProbeReport =
  | {
      readonly ok: true;
      readonly url: string;
      readonly kind: 'connect';
      readonly capability: Capability;
      readonly server: { readonly version: string; readonly connId: string };
    }
  | { readonly ok: false; readonly error: string; readonly url?: string; readonly capability?: Capability };

export interface Probe {
  readonly report: ProbeReport;
  /** Of the gateway's primary process, when it says so. */
  readonly pid: number | undefined;
  /** Something on the other side speaks our protocol, also when it refused us. */
  readonly isGateway: boolean;
}

export async function probeGateway(target: GatewayTarget, timeoutMs: number): Promise<Probe> {
  const url = displayUrl(target.url);
  const deadline = deadlineIn(timeoutMs);
  let hello: Hello | undefined;
  try {
    const client = await connectGateway({ url: target.url.href, credentials: target.credentials }, deadline);
    ({ hello } = client);
    try {
      const status = await client.request('status', {}, deadline);
      const pid = isRecord(status) && typeof status.pid === 'number' ? status.pid : undefined;
      const { version, connId, scopes } = hello;
      const server = { version, connId };
      return {
        report: { ok: true, url, kind: 'connect', capability: capabilityOf(scopes), server },
        pid,
        isGateway: true,
      };
    } finally {
      client.close();
    }
  } catch (caught) {
    const error = toError(caught);
    const capability = hello ? { capability: capabilityOf(hello.scopes) } : {};
    const isGateway = error instanceof GatewayError && error.greeted;
    return { report: { ok: false, error: error.message, url, ...capability }, pid: undefined, isGateway };
  }
}

function capabilityOf(scopes: readonly string[]): Capability {
  if (scopes.includes('operator.admin')) return 'admin_capable';
  if (scopes.includes('operator.write')) return 'write_capable';
  return scopes.includes('operator.read') ? 'read_only' : 'connected_no_operator_scope';
}
