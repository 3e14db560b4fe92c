/** Who may manage which device (methods.md §10). */
import { covers } from '../../../shared/protocol/scopes.js';
import type { Connection } from '../connection.js';

/**
 * Admins manage every device, and so does the owner's tool that has none: what gives it its scopes (protocol.md §9.6)
 * would have given it admin, had it asked for that. Others manage their own; a user of a trusted proxy has no owner's rights.
 */
export function mayManage(caller: Connection, deviceId: string): boolean {
  const { device, authMethod } = caller.session ?? {};
  const ownersTool = device === undefined && authMethod !== undefined && authMethod !== 'trusted-proxy';
  return ownersTool || mayHear(caller, deviceId);
}

/** A device's secrets are for itself and for admins. */
export function mayHear({ session }: Connection, deviceId: string): boolean {
  return (
    session !== undefined && (session.scopes.has('operator.admin') || session.device?.deviceId === deviceId)
  );
}

/** Nobody gives away what they do not have. */
export function holds({ session }: Connection, scopes: readonly string[]): boolean {
  return session !== undefined && covers(session.scopes, scopes);
}
