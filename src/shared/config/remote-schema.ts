/** `gateway.remote` of the config (config.md §7): the gateway that the command line asks with mode `remote`. */
import type convict from 'convict';
import { integer, oneOf, optional, sha256, text, webSocketUrl } from './formats.js';

export const DEFAULT_PORT = 18_789;

export interface RemoteConfig {
  readonly url: string | null;
  readonly token: string | null;
  readonly password: string | null;
  readonly tlsFingerprint: string | null;
  readonly transport: 'ssh' | 'direct' | null;
  readonly sshTarget: string | null;
  readonly sshIdentity: string | null;
  readonly remotePort: number;
}

export const remoteSchema: convict.Schema<RemoteConfig> = {
  url: optional(webSocketUrl, 'Gateway that the command line asks with mode "remote", ws:// or wss://.'),
  token: { ...optional(text, 'Its token.'), sensitive: true },
  password: { ...optional(text, 'Its password.'), sensitive: true },
  tlsFingerprint: optional(sha256, 'SHA-256 of its certificate, the only one that is believed then.'),
  transport: optional(oneOf(['ssh', 'direct']), 'How it is reached; `ssh`: through a tunnel to `sshTarget`.'),
  sshTarget: optional(text, 'user@host[:port] of that tunnel, and of "gateway probe --ssh-auto".'),
  sshIdentity: optional(text, 'Key file for that.'),
  remotePort: { doc: 'Its port on that host.', default: DEFAULT_PORT, format: integer(1, 65_535) },
};
