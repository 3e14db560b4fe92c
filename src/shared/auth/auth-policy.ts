/** How the gateway authenticates, in a form that may leave the primary: digests, never secrets. */
import type { CredentialDigest } from './credential.js';
import type { TrustedProxyPolicy } from './trusted-proxy.js';

export type AuthPolicy =
  | { readonly mode: 'none' }
  | { readonly mode: 'token' | 'password'; readonly credential: CredentialDigest }
  | {
      readonly mode: 'trusted-proxy';
      readonly proxy: TrustedProxyPolicy;
      /** With which clients get in that connect directly from this machine, past the proxy. */
      readonly localPassword: CredentialDigest | null;
    };
