/** The flags that every command shares which asks a gateway (cli.md §1). */
import type { GatewayAccess } from '../client/call.js';
import type { TargetFlags } from '../client/target.js';
import type { CommandContext, ParsedOptions } from '../command.js';
import { describeIssue } from '../../shared/config/read/source.js';
import { openCliConfig } from '../config/cli-config.js';
import { readPort, readTimeoutMs } from '../option-values.js';

export interface ClientFlags {
  readonly target: TargetFlags;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** @throws UserError */
export function readClientFlags(options: ParsedOptions): ClientFlags {
  return {
    target: readTargetFlags(options),
    timeoutMs: readTimeoutMs(options.text('timeout')),
    json: options.flag('json'),
  };
}

export function readTargetFlags(options: ParsedOptions): TargetFlags {
  const port = options.text('port');
  return {
    url: options.text('url'),
    port: port === undefined ? undefined : readPort(port),
    token: options.text('token'),
    password: options.text('password'),
  };
}

/**
 * Flags and config as the client wants them; what is wrong with the config is said, and does not stop it.
 *
 * @param timeoutMs what `--timeout` says, unless that means something else
 * @throws UserError
 */
export async function gatewayAccess(
  options: ParsedOptions,
  { env, paths, output }: CommandContext,
  timeoutMs: number = readTimeoutMs(options.text('timeout')),
): Promise<GatewayAccess> {
  const flags = readTargetFlags(options);
  const config = await openCliConfig(env, paths);
  output.note(...config.issues.map((issue) => `Config issues: ${describeIssue(issue)}`));
  return {
    flags,
    sources: { env: config.env, paths, config },
    timeoutMs,
    expectFinal: options.flag('expect-final'),
    note: (line) => output.note(line),
  };
}
