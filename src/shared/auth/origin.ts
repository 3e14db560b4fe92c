/** Which browser pages may talk to the gateway (protocol.md §9.7). */
import { isLoopbackAddress, isLoopbackHost, isPrivateHost, splitHost } from './address.js';

export interface OriginPolicy {
  readonly allowedOrigins: readonly string[];
  readonly allowHostHeaderFallback: boolean;
}

export interface OriginRequest {
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** Address of the socket's other end. */
  readonly peer: string;
}

export type OriginVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Decides on an `Origin` header; call it only where one is required or was sent. */
export function checkOrigin(request: OriginRequest, policy: OriginPolicy): OriginVerdict {
  const origin = parseOrigin(request.origin);
  if (!origin) return { ok: false, reason: 'origin missing or invalid' };
  const allowed = policy.allowedOrigins.map((entry) => entry.toLowerCase().replace(/\/$/, ''));
  if (allowed.includes('*') || allowed.includes(origin.origin)) return { ok: true };
  const peerIsLoopback = isLoopbackAddress(request.peer);
  const sameHost = request.host !== undefined && origin.host === request.host.toLowerCase();
  if (sameHost && policy.allowHostHeaderFallback) return { ok: true };
  const name = splitHost(origin.host).name;
  if (sameHost && ((isLoopbackHost(name) && peerIsLoopback) || isPrivateHost(name))) return { ok: true };
  if (peerIsLoopback && isLoopbackHost(name)) return { ok: true };
  return { ok: false, reason: 'origin not allowed' };
}

function parseOrigin(value: string | undefined): { origin: string; host: string } | undefined {
  if (!value || value === 'null') return undefined;
  try {
    const url = new URL(value);
    if (!url.host) return undefined;
    return { origin: `${url.protocol}//${url.host}`.toLowerCase(), host: url.host.toLowerCase() };
  } catch {
    return undefined; // not a URL: the caller answers «missing or invalid»
  }
}
