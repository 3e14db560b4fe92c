/** `gateway.controlUi` of the config (config.md §7, http.md §13). */
import type convict from 'convict';
import { optional, origins, text, truth, urlPath } from './formats.js';

export interface ControlUiConfig {
  readonly enabled: boolean;
  readonly basePath: string | null;
  readonly root: string | null;
  readonly allowedOrigins: readonly string[] | null;
  readonly dangerouslyAllowHostHeaderOriginFallback: boolean;
  readonly allowInsecureAuth: boolean;
}

export const controlUiSchema: convict.Schema<ControlUiConfig> = {
  enabled: { doc: 'Serve the web page.', default: true, format: truth },
  basePath: optional(urlPath, 'Path below which it is, as "/pllan"; default is the root.'),
  root: optional(text, 'Folder with another web page to serve in its place.'),
  allowedOrigins: optional(
    origins,
    'Origins of web pages that may connect, or "*". Not set, and not on loopback only: localhost and 127.0.0.1 at the port.',
  ),
  dangerouslyAllowHostHeaderOriginFallback: {
    doc: 'Accept an origin that equals the Host header.',
    default: false,
    format: truth,
  },
  allowInsecureAuth: { doc: 'Retired; without effect.', default: false, format: truth },
};

/** `basePath` in the form `/x`, whatever slashes were written; nothing for the root. */
export function uiPath(basePath: string | null): string {
  const parts = (basePath ?? '').split('/').filter((part) => part !== '');
  return parts.map((part) => `/${part}`).join('');
}
