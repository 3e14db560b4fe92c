/**
 * A load process that does nothing: opens authenticated connections, says how many, and keeps them until it is stopped.
 */
import { announce, endWithParent } from './child-lifetime.js';
import { loadOptions, type HoldOptions } from './load-protocol.js';
import { openSocket } from './rpc-socket.js';

/** Few enough for the gateway's limit on sockets that are not authenticated yet. */
const parallel = 16;

async function hold({ url, token, connections }: HoldOptions): Promise<void> {
  let begun = 0;
  async function openOneByOne(): Promise<void> {
    while (begun < connections) {
      begun += 1;
      const socket = await openSocket(url, token);
      socket.on('error', () => socket.terminate());
      // A lost connection would make the others look cheaper.
      socket.on('close', () => process.exit(1));
    }
  }
  await Promise.all(Array.from({ length: parallel }, openOneByOne));
  await announce({ connections });
}

endWithParent();
process.on('SIGTERM', () => process.exit(0));
await hold(loadOptions<HoldOptions>());
