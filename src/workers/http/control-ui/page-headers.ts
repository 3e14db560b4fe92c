/** Headers of every answer of the Control UI (http.md §13). */
import { createHash } from 'node:crypto';

/** @param inlineScripts sources as `script-src` names them */
export function pageHeaders(inlineScripts: readonly string[] = []): readonly string[] {
  const policy = [
    "default-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    ["script-src 'self'", ...inlineScripts].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob: https:",
    "media-src 'self' data: blob:",
    "font-src 'self'",
    "worker-src 'self'",
    "connect-src 'self' ws: wss:",
  ];
  return ['X-Frame-Options', 'DENY', 'Content-Security-Policy', policy.join('; ')];
}

/** The scripts that stand in the page itself, each by its hash: no other one may be put there. */
export function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script\b(?![^>]*\ssrc\s*=)[^>]*>([\s\S]*?)<\/script\s*>/gi)]
    .filter(([, text = '']) => text !== '')
    .map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
}
