/** A gateway whose config file is edited while it runs. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectControl, type ControlClient } from './control-client.js';
import { startGateway, TOKEN, type GatewayOptions, type TestGateway } from './gateway.js';
import { waitFor } from './wait-for.js';

export interface LiveConfig {
  readonly gateway: TestGateway;
  /** The file. */
  readonly path: string;
  /** Another one after `authenticate`. */
  readonly client: ControlClient;
  /** Comes in again, with another token. */
  connect(token: string): Promise<ControlClient>;
  /** Puts a config in the place of the one that is there, and gives its hash. The gateway has its mode and a token. */
  write(config: Config, how?: Save): string;
  /** As `write`, unless it is there already; resolves when the gateway has told that this file counts. */
  apply(config: Config, how?: Save): Promise<void>;
  /** Log lines about the config that hold this text. */
  lines(text: string): readonly string[];
  /** Resolves when there is one more line with this text than there were. */
  says(text: string, before?: number): Promise<string>;
  stop(): Promise<void>;
}

export type Config = Readonly<Record<string, unknown>>;

/** As editors do it: a new file that is moved there, or the same one cut and written. */
export type Save = 'rename' | 'truncate';

export async function startLiveConfig(options: GatewayOptions = {}): Promise<LiveConfig> {
  const gateway = await startGateway({
    ...options,
    config: { gateway: { reload: { debounceMs: 50 } }, ...options.config },
  });
  const path = join(gateway.stateDir, 'pllan.json');
  let client = await connectControl(gateway.wsUrl);
  const lines = (text: string): readonly string[] =>
    gateway
      .logLines()
      .map(({ message }) => String(message))
      .filter((message) => message.includes(text));
  const write = (config: Config, how: Save = 'rename'): string => {
    const text = JSON.stringify(complete(config));
    if (how === 'truncate') writeFileSync(path, text);
    else {
      writeFileSync(`${path}.saved`, text, { mode: 0o600 });
      renameSync(`${path}.saved`, path);
    }
    return createHash('sha256').update(text).digest('hex');
  };
  return {
    gateway,
    path,
    get client() {
      return client;
    },
    async connect(token) {
      client = await connectControl(gateway.wsUrl, { params: { auth: { token } } });
      return client;
    },
    write,
    async apply(config, how) {
      const told = client;
      // Nothing is told of one that is there already, as it is when a test is repeated.
      if (existsSync(path) && readFileSync(path, 'utf8') === JSON.stringify(complete(config))) return;
      const hash = write(config, how);
      await told.frame(
        'config.changed',
        ({ event, payload }) => event === 'config.changed' && payload?.hash === hash,
      );
    },
    lines,
    says: (text, before = 0) => waitFor(`a line with: ${text}`, () => lines(text)[before]),
    async stop() {
      client.socket.terminate();
      await gateway.stop();
    },
  };
}

function complete({ gateway, ...rest }: Config): object {
  const own = { mode: 'local', auth: { mode: 'token', token: TOKEN }, reload: { debounceMs: 50 } };
  return { gateway: { ...own, ...(gateway as object | undefined) }, ...rest };
}
