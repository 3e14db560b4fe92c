/** Asks the gateway itself: connect, then `status` (cli.md §3). What goes wrong is a finding, not an exception. */
import { adviceFor } from '../client/advice.js';
import { connectTo } from '../client/call.js';
import { capabilityOf, refusedCapability, type Capability } from '../client/capability.js';
import type { Hello } from '../client/client.js';
import { deadlineIn } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { GatewayError } from '../client/errors.js';
import { displayUrl } from '../client/gateway-url.js';
import type { GatewayTarget } from '../client/target.js';
import { toError } from '../../shared/to-error.js';
import { isRecord } from '../record.js';

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

export async function probeGateway(target: GatewayTarget, device: Device, timeoutMs: number): Promise<Probe> {
  const url = displayUrl(target.url);
  const deadline = deadlineIn(timeoutMs);
  let hello: Hello | undefined;
  try {
    const client = await connectTo(target, device, deadline);
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
    const known = error instanceof GatewayError ? error : undefined;
    const capability = hello ? capabilityOf(hello.scopes) : known && refusedCapability(known);
    return {
      report: {
        ok: false,
        error: [error.message, ...(known ? adviceFor(known) : [])].join('\n'),
        url,
        ...(capability ? { capability } : {}),
      },
      pid: undefined,
      isGateway: known?.greeted ?? false,
    };
  }
}
