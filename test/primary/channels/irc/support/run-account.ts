/** An IRC account that runs for as long as the test does. */
import { onTestFinished } from 'vitest';
import type { ChannelAccount } from '../../../../../src/primary/channels/channel.js';
import { channel } from '../../../../../src/primary/channels/irc/irc.js';
import type { IrcConfig } from '../../../../../src/shared/channels/irc/config.js';
import { waitFor } from '../../../../support/wait-for.js';
import { testHost, type TestHost } from '../../support/host.js';

export const never = new AbortController().signal;

export interface RunningIrc {
  readonly account: ChannelAccount;
  readonly host: TestHost;
  /** Resolves with why it ended; undefined when it was made to. */
  readonly ended: Promise<unknown>;
  stop(): Promise<unknown>;
}

export function runIrc(config: IrcConfig, host: TestHost = testHost()): RunningIrc {
  const account = channel.open({ nick: 'bot', ...config }, host);
  const end = new AbortController();
  const ended = account.run(end.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  const stop = (): Promise<unknown> => {
    end.abort();
    return ended;
  };
  onTestFinished(async () => void (await stop()));
  return { account, host, ended, stop };
}

export async function connectedIrc(config: IrcConfig, host?: TestHost): Promise<RunningIrc> {
  const running = runIrc(config, host);
  await Promise.race([
    waitFor('the connection', () => running.host.connections.length > 0),
    running.ended.then((error) => {
      throw error;
    }),
  ]);
  return running;
}
