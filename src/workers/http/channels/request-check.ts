/** Whether a request comes from the network that it says it comes from. */
import type { IncomingHttpHeaders } from 'node:http';
import { credentialCheck } from '../../../shared/auth/credential.js';
import type { RequestProof } from '../../../shared/channels/requests.js';
import { signatureCheck, signedHeaders } from '../../../shared/channels/standard-webhooks.js';
import { unreachable } from '../../../shared/unreachable.js';

export interface BodyCheck {
  matches(body: string): boolean;
  /** Those that mean something to the account. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Undefined: it does not, whatever its body. @param now seconds since the epoch */
export function requestCheck(
  proof: RequestProof,
  given: IncomingHttpHeaders,
  now: number,
): BodyCheck | undefined {
  switch (proof.kind) {
    case 'signed': {
      const headers = textsOf(given, Object.values(signedHeaders));
      const matches = signatureCheck(proof.keys, headers, now);
      return matches && { matches, headers };
    }
    case 'header': {
      const shown = textsOf(given, [proof.header])[proof.header];
      const right = shown !== undefined && credentialCheck(proof.credential)(shown);
      return right ? { matches: () => true, headers: {} } : undefined;
    }
    default:
      return unreachable(proof);
  }
}

function textsOf(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value.trim()] as const] : [];
    }),
  );
}
