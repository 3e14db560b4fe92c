/** Who listens on a port, read from `/proc` (Linux): no other program needed. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortListener {
  /** `127.0.0.1:18789`, `[::1]:18789`. */
  readonly address: string;
  /** Undefined for a process of another user. */
  readonly pid: number | undefined;
}

/** Pids of the listeners other than this process, or undefined where there is no `/proc/net/tcp`. */
export function listenersFromProc(port: number): number[] | undefined {
  const pids = portListenersFromProc(port)?.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  return pids && [...new Set(pids)].filter((pid) => pid !== process.pid);
}

/** Every listening socket of a port with the process that holds it; undefined where there is no `/proc/net/tcp`. */
export function portListenersFromProc(port: number): PortListener[] | undefined {
  let table: string;
  try {
    table = `${readFileSync('/proc/net/tcp', 'utf8')}\n${readOptional('/proc/net/tcp6')}`;
  } catch {
    return undefined; // not Linux
  }
  const sockets = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map((fields) => ({ local: fields[1] ?? '', state: fields[3], inode: `socket:[${fields[9]}]` }))
    .filter(({ local, state }) => state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) === port);
  if (sockets.length === 0) return [];
  const holders = findHolders(new Set(sockets.map(({ inode }) => inode)));
  return sockets.flatMap(({ local, inode }) => {
    const address = `${readableHost(local.split(':')[0] ?? '')}:${port}`;
    const pids = holders.get(inode) ?? [undefined];
    return pids.map((pid) => ({ address, pid }));
  });
}

/** Pids by the `socket:[inode]` that they hold. */
function findHolders(inodes: ReadonlySet<string>): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const inode of new Set(openLinks(name))) {
      if (inodes.has(inode)) holders.set(inode, [...(holders.get(inode) ?? []), Number(name)]);
    }
  }
  return holders;
}

function openLinks(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readOptionalLink(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // another user's process, or gone
  }
}

/** The kernel writes addresses as words in the machine's byte order, which is little-endian wherever Node runs. */
function readableHost(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].toReversed());
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname;
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // no IPv6 here
  }
}

function readOptionalLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
