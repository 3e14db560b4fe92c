/** `pllan gateway` and `pllan gateway run`: checks the form of the flags and hands over to the gateway (cli.md §2). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wsLogStyles, type GatewayFlags, type WsLogStyle } from '../../shared/gateway-options.js';
import { expandHome, type Paths } from '../../shared/paths.js';
import { errorCode } from '../../shared/to-error.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { readAuthMode, readBindMode, readLogLevel, readPort, readTailscaleMode } from '../option-values.js';
import { UserError } from '../user-error.js';

export const gatewayRun: CommandHandler = async (options, context) => {
  const flags = readGatewayFlags(options, context);
  for (const name of ['token', 'password'] as const) {
    if (options.text(name) !== undefined) context.output.note(processListWarning(name));
  }
  const { env, envWarnings, ownEnv, folder, paths } = context;
  if (options.flag('reset')) {
    if (!context.globals.dev) throw new UserError('Use --reset with --dev.');
    const { resetDev } = await import('../setup/reset-dev.js');
    const trash = resetDev(paths, new Date());
    if (trash !== undefined) context.output.note(`What was there is now in ${trash}`);
  }
  return context.runGateway({ flags, env, envWarnings, ownEnv, folder, paths });
};

function readGatewayFlags(options: ParsedOptions, { globals, paths, output }: CommandContext): GatewayFlags {
  const port = options.text('port');
  const bind = options.text('bind');
  const auth = options.text('auth');
  const tailscale = options.text('tailscale');
  const { logLevel } = globals;
  return {
    port: port === undefined ? undefined : readPort(port),
    bind: bind === undefined ? undefined : readBindMode(bind),
    auth: auth === undefined ? undefined : readAuthMode(auth),
    token: options.text('token'),
    password: readPassword(options, paths.home),
    model: options.text('model'),
    logLevel: logLevel === undefined ? undefined : readLogLevel(logLevel),
    tailscale: tailscale === undefined ? undefined : readTailscaleMode(tailscale),
    tailscaleResetOnExit: options.flag('tailscale-reset-on-exit'),
    verbose: options.flag('verbose'),
    wsLog: readWsLog(options),
    rawStream: rawStreamPath(options, paths),
    force: options.flag('force'),
    allowUnconfigured: options.flag('allow-unconfigured'),
    allowEmptyStore: options.flag('allow-empty-store'),
    // What was put aside is made anew, wherever --dev stood.
    dev: globals.gatewayDev || options.flag('reset'),
    color: output.style.enabled,
  };
}

function readWsLog(options: ParsedOptions): WsLogStyle {
  const typed = options.text('ws-log');
  const compact = options.flag('compact');
  const style = wsLogStyles.find((known) => known === (typed ?? (compact ? 'compact' : 'auto')));
  if (!style) throw new UserError('Invalid --ws-log (use "auto", "full", or "compact")');
  if (compact && style !== 'compact') throw new UserError('Use either --ws-log or --compact.');
  return style;
}

function rawStreamPath(options: ParsedOptions, { home, logDir }: Paths): string | undefined {
  const typed = options.text('raw-stream-path');
  if (typed !== undefined) return expandHome(typed, home);
  return options.flag('raw-stream') ? join(logDir, 'raw-stream.jsonl') : undefined;
}

function readPassword(options: ParsedOptions, home: string): string | undefined {
  const password = options.text('password');
  const file = options.text('password-file');
  if (password !== undefined && file !== undefined)
    throw new UserError('Use either --password or --password-file.');
  if (file === undefined) return password;
  let text: string;
  try {
    text = readFileSync(expandHome(file, home), 'utf8').trim();
  } catch (caught) {
    throw new UserError(`Cannot read --password-file ${file}: ${errorCode(caught) ?? 'unknown error'}`);
  }
  if (text === '') throw new UserError(`--password-file ${file} is empty`);
  return text;
}

function processListWarning(name: 'token' | 'password'): string {
  const instead = name === 'token' ? 'PLLAN_GATEWAY_TOKEN' : '--password-file or PLLAN_GATEWAY_PASSWORD';
  return `Warning: --${name} is visible to other users in the process list; prefer gateway.auth.${name} in the config, or ${instead}.`;
}
