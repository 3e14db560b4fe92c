/** What a connection may do, in one word (cli.md §3). */
import { isPairingRequired } from './advice.js';
import type { GatewayError } from './errors.js';

export type Capability =
  | 'admin_capable'
  | 'write_capable'
  | 'read_only'
  | 'connected_no_operator_scope'
  | 'pairing_pending';

/** @param scopes as granted */
export function capabilityOf(scopes: readonly string[]): Capability {
  if (scopes.includes('operator.admin')) return 'admin_capable';
  if (scopes.includes('operator.write')) return 'write_capable';
  return scopes.includes('operator.read') ? 'read_only' : 'connected_no_operator_scope';
}

/** Of a connection that did not come about; undefined when that says nothing. */
export function refusedCapability(error: GatewayError): Capability | undefined {
  return isPairingRequired(error) ? 'pairing_pending' : undefined;
}
