/** What people can do about a refusal: lines below the gateway's own words (protocol.md §9.4, §11.3). */
import { plainText } from '../output/plain-text.js';
import { recordOf, type Facts } from '../record.js';
import type { GatewayError, ServerError } from './errors.js';

/** Empty when the gateway's words are all there is to say. */
export function adviceFor({ server }: GatewayError): string[] {
  if (!server) return [];
  const details = recordOf(server.details);
  switch (details.code) {
    case 'PAIRING_REQUIRED':
      return pairingAdvice(details);
    case 'AUTH_TOKEN_MISSING':
    case 'AUTH_TOKEN_MISMATCH':
      return [secretAdvice('token')];
    case 'AUTH_PASSWORD_MISSING':
    case 'AUTH_PASSWORD_MISMATCH':
      return [secretAdvice('password')];
    case 'AUTH_DEVICE_TOKEN_MISMATCH':
    case 'AUTH_SCOPE_MISMATCH':
      return [
        'The token that this device had from the gateway no longer works and was dropped.',
        "Fix: pass the gateway's --token or --password once; the gateway then gives this device a new one.",
      ];
    case 'AUTH_RATE_LIMITED':
      return [retryAdvice(server)];
    default:
      return [];
  }
}

/** The gateway waits for somebody to approve this device. */
export function isPairingRequired({ server }: GatewayError): boolean {
  return recordOf(server?.details).code === 'PAIRING_REQUIRED';
}

function secretAdvice(kind: 'token' | 'password'): string {
  return `Fix: pass --${kind}, or correct the ${kind} in the config or environment of this command.`;
}

function pairingAdvice({ requestId, remediationHint }: Facts): string[] {
  const id = typeof requestId === 'string' ? plainText(requestId) : undefined;
  const hint = typeof remediationHint === 'string' ? plainText(remediationHint) : '';
  const fallback = `Approve this device on the gateway host: pllan devices approve ${id ?? '--latest'}`;
  return [...(id === undefined ? [] : [`Request: ${id}`]), `Fix: ${hint === '' ? fallback : hint}`];
}

function retryAdvice({ retryAfterMs }: ServerError): string {
  return retryAfterMs === undefined
    ? 'Fix: wait, then try again.'
    : `Fix: wait ${Math.ceil(retryAfterMs / 1000)}s, then try again.`;
}
