/** A way to a server that can be cut: every connection through it breaks, on both sides, without a word. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface CuttingProxy {
  readonly port: number;
  cut(): void;
  stop(): void;
}

/** @param passes is shown all that clients say; what it is false for goes no further */
export async function cuttingProxy(
  to: number,
  passes: (said: Buffer) => boolean = () => true,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    const gate = new Transform({
      transform: (said: Buffer, _encoding, done) => done(null, passes(said) ? said : undefined),
    });
    near.pipe(gate).pipe(far).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
    }
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stop() {
      cut();
      server.close();
    },
  };
}
