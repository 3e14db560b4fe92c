/** Who may manage which device (methods.md §10). */
import { covers } from '../../../shared/protocol/scopes.js';
import type { Connection } from '../connection.js';

/** Admins manage every device, others their own. */
export function mayManage({ session }: Connection, deviceId: string): boolean {
  return (
    session !== undefined && (session.scopes.has('operator.admin') || session.device?.deviceId === deviceId)
  );
}

/** Nobody gives away what they do not have. */
export function holds({ session }: Connection, scopes: readonly string[]): boolean {
  return session !== undefined && covers(session.scopes, scopes);
}
