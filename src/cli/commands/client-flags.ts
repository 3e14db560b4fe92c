/** The flags that every command shares which asks a gateway (cli.md §1). */
import type { TargetFlags } from '../client/target.js';
import type { ParsedOptions } from '../command.js';
import { readPort, readTimeoutMs } from '../option-values.js';

export interface ClientFlags {
  readonly target: TargetFlags;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** @throws UserError */
export function readClientFlags(options: ParsedOptions): ClientFlags {
  const port = options.text('port');
  return {
    target: {
      url: options.text('url'),
      port: port === undefined ? undefined : readPort(port),
      token: options.text('token'),
      password: options.text('password'),
    },
    timeoutMs: readTimeoutMs(options.text('timeout')),
    json: options.flag('json'),
  };
}
