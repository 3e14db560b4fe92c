/** How the command line starts the gateway: the one contract between `cli` and `primary`, joined in `entry.ts`. */
import type { AuthMode, BindMode, LogLevel } from './config/schema.js';
import type { TailscaleMode } from './config/tailscale-schema.js';
import type { Environment, Paths } from './paths.js';

/** Requests over WebSocket in the log: `full` has a line for each and another for its answer. */
export const wsLogStyles = ['auto', 'full', 'compact'] as const;
export type WsLogStyle = (typeof wsLogStyles)[number];

/** Flags of `pllan gateway`, already checked for form; undefined means not given (cli.md §2). */
export interface GatewayFlags {
  readonly port: number | undefined;
  readonly bind: BindMode | undefined;
  readonly auth: AuthMode | undefined;
  readonly token: string | undefined;
  readonly password: string | undefined;
  /** Default model of this run, `provider/model`. */
  readonly model: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly tailscale: TailscaleMode | undefined;
  /** As `gateway.tailscale.resetOnExit`. */
  readonly tailscaleResetOnExit: boolean;
  readonly verbose: boolean;
  readonly wsLog: WsLogStyle;
  /** File for what models say, word for word. */
  readonly rawStream: string | undefined;
  readonly force: boolean;
  readonly allowUnconfigured: boolean;
  /** Begin with an empty store when the one that is there cannot be read. */
  readonly allowEmptyStore: boolean;
  /** Create what a dev gateway needs when it is missing. */
  readonly dev: boolean;
  readonly color: boolean;
}

export interface GatewayOptions {
  readonly flags: GatewayFlags;
  /** With the profile already applied, and with what `.env` files add. */
  readonly env: Environment;
  /** What of these files was ignored, and why. */
  readonly envWarnings: readonly string[];
  /** The same without what `.env` files add, which may change … */
  readonly ownEnv: Environment;
  /** … and the folder that one of them is in. */
  readonly folder: string;
  readonly paths: Paths;
}

/** Runs until the gateway has stopped; gives the exit code of the process. Prints why when it cannot start. */
export type RunGateway = (options: GatewayOptions) => Promise<number>;
