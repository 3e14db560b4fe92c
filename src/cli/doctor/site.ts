/** An installation as doctor sees it: files of this machine, and the gateway if one answers. Nothing is changed by looking. */
import { loadSource, type InvalidConfig, type LoadedConfig } from '../../shared/config/load.js';
import { valueOf } from '../../shared/config/read/node.js';
import { readSource, type ConfigSource } from '../../shared/config/read/source.js';
import { deviceOf } from '../client/call.js';
import { deviceFile } from '../client/device/device.js';
import { hasBrokenIdentity } from '../client/device/identity-file.js';
import { portOf } from '../client/gateway-url.js';
import { isLocal } from '../client/target.js';
import type { CommandContext } from '../command.js';
import { openCliConfig, type CliConfig } from '../config/cli-config.js';
import { askGateway, type Asked } from '../overview/ask-gateway.js';
import { inspectPort, type PortReport } from '../status/inspect-port.js';

export interface Site {
  readonly context: CommandContext;
  readonly source: ConfigSource;
  /** As the files say it. */
  readonly document: unknown;
  readonly loaded: LoadedConfig | InvalidConfig;
  /** As far as it can be used. */
  readonly config: CliConfig;
  readonly asked: Asked;
  /** Who listens where the gateway should; undefined when it is on another machine. */
  readonly port: PortReport | undefined;
  /** The whole machine, and what takes long. */
  readonly deep: boolean;
}

export interface SiteOptions {
  readonly deep: boolean;
  readonly timeoutMs: number;
}

export async function lookAt(context: CommandContext, { deep, timeoutMs }: SiteOptions): Promise<Site> {
  const { env, paths } = context;
  const place = { path: paths.configPath, env };
  const source = readSource(place);
  const config = await openCliConfig(env, paths);
  const access = {
    flags: { url: undefined, port: undefined, token: undefined, password: undefined },
    sources: { env: config.env, paths, config },
    timeoutMs,
    expectFinal: false,
    note: () => {},
  };
  // A broken key would be replaced as soon as it is used.
  const isBroken = hasBrokenIdentity(deviceFile(paths.identityDir));
  const asked = await askGateway(access, isBroken ? undefined : deviceOf(access), {
    deep: true,
    usage: false,
  });
  const here = asked.state === 'misconfigured' || isLocal(asked.target);
  const port = asked.state === 'misconfigured' ? config.gateway.port : portOf(asked.target.url);
  return {
    context,
    source,
    document: valueOf(source.root),
    loaded: loadSource(source, { ...place, askLoginShell: () => ({}) }),
    config,
    asked,
    port: here ? await inspectPort(port) : undefined,
    deep,
  };
}
