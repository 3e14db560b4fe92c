/** What the kernel knows of TCP connections over IPv4 (Linux). */
import { readFileSync } from 'node:fs';

export interface TcpEnd {
  readonly established: boolean;
  /** The kernel will ask a silent other end whether it is still there. */
  readonly keptAlive: boolean;
}

/** The end of a connection whose own port is `local`; undefined when there is none. */
export function tcpEnd(local: number, remote: number): TcpEnd | undefined {
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1, -1)) {
    const [, own, other, state, , timer] = line.trim().split(/\s+/);
    if (portOf(own) === local && portOf(other) === remote)
      return { established: state === '01', keptAlive: timer?.startsWith('02:') ?? false };
  }
  return undefined;
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(':')[1] ?? '', 16);
}
