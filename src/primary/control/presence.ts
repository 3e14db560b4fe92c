/** Who and what is connected (protocol.md §13). Each change raises the version; broadcasts are spaced. */
import { arch, hostname, networkInterfaces, platform, release } from 'node:os';
import { presenceLimits } from '../../shared/limits.js';
import { VERSION } from '../../shared/version.js';
import type { Connection } from './connection.js';

export interface PresenceEntry {
  readonly host?: string;
  readonly ip?: string;
  readonly version?: string;
  readonly platform?: string;
  readonly deviceFamily?: string;
  readonly modelIdentifier?: string;
  readonly mode?: string;
  readonly reason?: string;
  readonly text?: string;
  readonly ts: number;
  readonly deviceId?: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly instanceId?: string;
  readonly lastInputSeconds?: number;
  readonly tags?: readonly string[];
}

export interface Presence {
  /** The list as JSON text, newest first; encoded once per change. */
  encoded(): string;
  readonly version: number;
  connected(connection: Connection): void;
  disconnected(connection: Connection): void;
  /** A sign of life. */
  touch(connection: Connection): void;
  /** What a node says of itself, where it is not connected. True when it is news (methods.md §2). */
  beacon(facts: BeaconFacts): boolean;
  stop(): void;
}

export type BeaconFacts = Omit<PresenceEntry, 'ts'> & { readonly text: string };

/** What about a node is news when it changes. */
const newsworthy = ['host', 'ip', 'version', 'mode', 'reason'] as const;

/** Clients in these modes come and go; nobody wants to see them (protocol.md §13). */
const untracked: ReadonlySet<string> = new Set(['cli', 'backend', 'probe']);

/** `changed` is called for each broadcast that is due. */
export function createPresence(changed: () => void, now: () => number = Date.now): Presence {
  const entries = new Map<string, PresenceEntry>();
  let version = 0;
  let cache: { readonly text: string; readonly at: number } | undefined;
  let self: { readonly facts: SelfFacts; readonly at: number } | undefined;
  let quietUntil = 0;
  let pending: NodeJS.Timeout | undefined;

  /** The system takes longer to tell its addresses than all the rest of a list takes. */
  const selfEntry = (at: number): PresenceEntry => {
    if (!self || Math.abs(at - self.at) >= presenceLimits.selfFactsMs) self = { facts: selfFacts(), at };
    return { ...self.facts, ts: at };
  };
  const announce = (): void => {
    pending = undefined;
    quietUntil = now() + presenceLimits.broadcastIntervalMs;
    changed();
  };
  const change = (key: string, entry: PresenceEntry): void => {
    entries.delete(key);
    entries.set(key, entry);
    prune(entries, now());
    version += 1;
    cache = undefined;
    if (pending) return;
    // Where the clock was set back, the quiet does not last until it has caught up.
    const wait = Math.min(quietUntil - now(), presenceLimits.broadcastIntervalMs);
    if (wait <= 0) announce();
    else pending = setTimeout(announce, wait);
  };
  return {
    encoded() {
      const at = now();
      // The self entry is refreshed when read; within a second nobody can tell.
      if (cache && Math.abs(at - cache.at) < 1_000) return cache.text;
      prune(entries, at);
      const list = [selfEntry(at), ...[...entries.values()].toSorted((a, b) => b.ts - a.ts)];
      cache = { text: JSON.stringify(list), at };
      return cache.text;
    },
    get version() {
      return version;
    },
    connected(connection) {
      const entry = entryOf(connection, 'connect', now());
      if (entry) change(keyOf(connection), entry);
    },
    disconnected(connection) {
      const key = keyOf(connection);
      const known = entries.get(key);
      if (known)
        change(key, {
          ...known,
          reason: 'disconnect',
          text: describe({ ...known, reason: 'disconnect' }),
          ts: now(),
        });
    },
    touch(connection) {
      const key = keyOf(connection);
      const known = entries.get(key);
      if (known) entries.set(key, { ...known, ts: now() });
    },
    beacon(facts) {
      const key = (facts.deviceId ?? facts.instanceId ?? facts.host ?? facts.text).toLowerCase();
      const known = entries.get(key);
      change(key, { ...known, ...facts, ts: now() });
      return newsworthy.some((field) => facts[field] !== undefined && facts[field] !== known?.[field]);
    },
    stop: () => clearTimeout(pending),
  };
}

/** Nodes are known by their device, operators by their connection. */
function keyOf({ id, session }: Connection): string {
  return session?.role === 'node' && session.device ? session.device.deviceId : id;
}

function entryOf(connection: Connection, reason: string, ts: number): PresenceEntry | undefined {
  const { session, remote } = connection;
  if (!session || untracked.has(session.client.mode)) return undefined;
  const { client } = session;
  const entry = {
    host: client.displayName ?? client.id,
    ...(remote.directLoopback ? {} : { ip: remote.address }),
    version: client.version,
    platform: client.platform,
    ...(client.deviceFamily ? { deviceFamily: client.deviceFamily } : {}),
    ...(client.modelIdentifier ? { modelIdentifier: client.modelIdentifier } : {}),
    mode: client.mode,
    reason,
    ...(session.device ? { deviceId: session.device.deviceId } : {}),
    roles: [session.role],
    scopes: [...session.scopes],
    ...(client.instanceId ? { instanceId: client.instanceId } : {}),
  };
  return { ...entry, text: describe(entry), ts };
}

type SelfFacts = Omit<PresenceEntry, 'ts'>;

function selfFacts(): SelfFacts {
  const ip = ownAddress();
  const names: Readonly<Record<string, [string, string]>> = {
    linux: ['linux', 'Linux'],
    darwin: ['macos', 'Mac'],
    win32: ['windows', 'Windows'],
  };
  const [system, family] = names[platform()] ?? [platform(), arch()];
  const entry = {
    host: hostname(),
    ...(ip ? { ip } : {}),
    version: VERSION,
    platform: `${system} ${release()}`,
    deviceFamily: family,
    mode: 'gateway',
    reason: 'self',
  };
  return { ...entry, text: `Gateway: ${describe(entry)}` };
}

function describe(entry: Omit<PresenceEntry, 'ts'>): string {
  const where = entry.ip ? `${entry.host} (${entry.ip})` : entry.host;
  return `${where} · app ${entry.version} · mode ${entry.mode} · reason ${entry.reason}`;
}

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((entry) => entry.family === 'IPv4' && !entry.internal)?.address;
}

function prune(entries: Map<string, PresenceEntry>, now: number): void {
  for (const [key, entry] of entries) if (now - entry.ts > presenceLimits.ttlMs) entries.delete(key);
  while (entries.size > presenceLimits.entries) entries.delete(entries.keys().next().value as string);
}
