/** Options that commands which ask a running gateway share (cli.md §1). */
import type { OptionSpec } from './command.js';

export const jsonOption: OptionSpec = { name: 'json', kind: 'flag', about: 'Print one JSON document' };

/** Shared by every command that asks a running gateway (cli.md §1). */
export const clientOptions: readonly OptionSpec[] = [
  { name: 'url', kind: 'text', about: 'Gateway to ask, ws:// or wss://; needs --token or --password' },
  { name: 'token', kind: 'text', about: 'Token of the gateway' },
  { name: 'password', kind: 'text', about: 'Password of the gateway' },
  { name: 'timeout', kind: 'text', about: 'Milliseconds to wait for the answer, 10000 unless given' },
  jsonOption,
];

/** Of commands that call one method of it. */
export const rpcOptions: readonly OptionSpec[] = [
  ...clientOptions,
  { name: 'expect-final', kind: 'flag', about: 'Wait past an answer that only says "accepted"' },
];
