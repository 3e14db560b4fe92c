/** What `gateway probe` knows, in the shape of its JSON output (cli.md §4). All gateways are asked side by side. */
import { networkInterfaces } from 'node:os';
import { isTailnetAddress } from '../../shared/auth/address.js';
import { localPort, localScheme } from '../client/target.js';
import { deviceOf, type GatewayAccess } from '../client/call.js';
import type { Capability } from '../client/capability.js';
import { deadlineIn } from '../client/deadline.js';
import { ask, askThroughSsh, type Asked, type TargetReport, type Warning } from './ask.js';
import { candidates } from './candidates.js';
import type { SshTarget } from '../client/ssh-tunnel.js';

export interface ProbeReport {
  /** One of them can be used. */
  readonly ok: boolean;
  /** One that can be used did not answer everything. */
  readonly degraded: boolean;
  /** Of the primary target; null when nobody said. */
  readonly capability: Capability | null;
  readonly ts: number;
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly primaryTargetId: string | null;
  readonly warnings: readonly Warning[];
  readonly network: { readonly localLoopbackUrl: string; readonly localTailnetUrl: string | null };
  /** Gateways that announce themselves: nobody looks for them yet. */
  readonly discovery: { readonly timeoutMs: 0; readonly count: 0; readonly beacons: readonly never[] };
  readonly targets: readonly TargetReport[];
}

/** @throws UserError when the command line itself names no usable target */
export async function probeGateways(access: GatewayAccess, ssh: SshTarget | undefined): Promise<ProbeReport> {
  const startedAt = performance.now();
  const ts = Date.now();
  const { flags, sources, timeoutMs } = access;
  const deadline = deadlineIn(timeoutMs);
  const device = deviceOf(access);
  const found = candidates(flags, sources);
  const asked = await Promise.all([
    ...found.map((candidate) => ask(candidate, device, deadline)),
    ...(ssh ? [askThroughSsh(ssh, access, device, deadline)] : []),
  ]);
  const reached = asked.filter(({ report }) => report.connect.ok);
  const primary = reached.find(({ report }) => report.active) ?? reached[0];
  const capability =
    primary?.probed?.capability ?? asked.find(({ probed }) => probed?.capability)?.probed?.capability;
  const port = flags.port ?? localPort(sources);
  const scheme = localScheme(sources);
  return {
    ok: primary !== undefined,
    degraded: reached.some(({ report }) => !report.connect.rpcOk),
    capability: capability ?? null,
    ts,
    durationMs: Math.round(performance.now() - startedAt),
    timeoutMs,
    primaryTargetId: primary?.report.id ?? null,
    warnings: [...asked.flatMap(({ warning }) => warning ?? []), ...overall(reached)],
    network: {
      localLoopbackUrl: `${scheme}://127.0.0.1:${port}`,
      localTailnetUrl: tailnetUrl(scheme, port),
    },
    discovery: { timeoutMs: 0, count: 0, beacons: [] },
    targets: asked.map(({ report }) => report),
  };
}

function overall(reached: readonly Asked[]): Warning[] {
  const warnings: Warning[] = [];
  // One that does not say which it is counts as another one.
  const gateways = new Set(reached.map(({ probed, report }) => probed?.bootId ?? report.id));
  if (gateways.size > 1) {
    warnings.push({
      code: 'multiple_gateways',
      message: 'More than one gateway answers; commands ask the active one.',
      targetIds: reached.map(({ report }) => report.id),
    });
  }
  const limited = reached.filter(({ report }) => report.connect.scopeLimited);
  if (limited.length > 0) {
    warnings.push({
      code: 'probe_scope_limited',
      message: 'The gateway answers, but what it grants is not enough to see its state.',
      targetIds: limited.map(({ report }) => report.id),
    });
  }
  return warnings;
}

function tailnetUrl(scheme: string, port: number): string | null {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = addresses.find(({ address }) => isTailnetAddress(address));
  return own ? `${scheme}://${own.address}:${port}` : null;
}
