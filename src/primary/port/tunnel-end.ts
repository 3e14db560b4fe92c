/**
 * The primary's end of the tunnel: a Unix socket on which workers hand back what belongs here. Each tunnel
 * opens with one line that names the real peer and carries this start's secret.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { normalizeAddress } from '../../shared/auth/address.js';
import { credentialCheck, digestCredential } from '../../shared/auth/credential.js';
import type { TunnelAddress, TunnelPreamble } from '../../shared/ipc.js';
import { portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { tunnelSocketName, type Paths } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import { refusedBySystem } from '../start-error.js';
import type { Peer } from './peer.js';

export interface TunnelEnd {
  readonly address: TunnelAddress;
  stop(): void;
}

const PREAMBLE_BYTES = 1_024;
const REMEDY = 'Remove what is in its place, and make its folder one that this user can write to.';

/** @throws StartError when the socket cannot be opened */
export async function openTunnelEnd(
  paths: Paths,
  adopt: (socket: Socket, rest: Buffer, peer: Peer) => void,
  log: Logger,
): Promise<TunnelEnd> {
  const address: TunnelAddress = { path: socketPath(paths), secret: randomBytes(24).toString('base64url') };
  const isSecret = credentialCheck(digestCredential(address.secret));
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    readPreamble(socket, (preamble, rest) => {
      if (!preamble || !isSecret(preamble.secret)) {
        log.warn('tunnel.refused', 'a tunnel without this start’s secret was closed');
        socket.destroy();
        return;
      }
      adopt(socket, rest, { address: normalizeAddress(preamble.peer), tls: preamble.tls });
    });
  });
  try {
    rmSync(address.path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(address.path, resolve);
    });
    if (process.platform !== 'win32') chmodSync(address.path, 0o600);
  } catch (caught) {
    throw refusedBySystem(`socket ${address.path} cannot be opened`, caught, REMEDY);
  }
  return {
    address,
    stop() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/**
 * Beside the state, or in the lock dir where the path would not fit a socket address. Either name belongs to
 * the state dir, whose lock we hold: what is there already was left by a gateway that is dead.
 */
function socketPath(paths: Paths): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\pllan-${process.pid}`;
  const beside = join(paths.stateDir, 'gateway.sock');
  return Buffer.byteLength(beside) <= portLimits.socketPathBytes
    ? beside
    : join(paths.lockDir, tunnelSocketName(paths.stateDir));
}

function readPreamble(
  socket: Socket,
  done: (preamble: TunnelPreamble | undefined, rest: Buffer) => void,
): void {
  let seen = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), portLimits.headerTimeoutMs);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf('\n');
    if (end < 0 && seen.length <= PREAMBLE_BYTES) return;
    clearTimeout(timer);
    socket.off('data', onData);
    // Adopted in this same tick: pausing here would leave the socket paused for its next reader.
    done(end < 0 ? undefined : parsePreamble(seen.toString('utf8', 0, end)), seen.subarray(end + 1));
  };
  socket.on('data', onData);
}

function parsePreamble(line: string): TunnelPreamble | undefined {
  try {
    const value = JSON.parse(line) as Partial<TunnelPreamble> | null;
    if (typeof value?.secret !== 'string' || typeof value.peer !== 'string' || typeof value.tls !== 'boolean')
      return undefined;
    return { secret: value.secret, peer: value.peer, tls: value.tls };
  } catch (caught) {
    void toError(caught); // not ours; the caller refuses and says so
    return undefined;
  }
}
