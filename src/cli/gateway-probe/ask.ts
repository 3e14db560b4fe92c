/** Asks a gateway that could be meant: directly, or through a tunnel of our own. */
import { toError } from '../../shared/to-error.js';
import type { GatewayAccess } from '../client/call.js';
import { behindSsh } from '../client/target.js';
import { remoteTrust } from '../client/tls-trust.js';
import { remoteCredentials } from '../client/credentials.js';
import type { Deadline } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { choose, flagsForOthers, urlOf, type Candidate, type CandidateKind } from './candidates.js';
import { probeTarget, unreached, type Findings, type Probed } from './probe-target.js';
import { openSshTunnel, type SshTarget, type SshTunnel } from '../client/ssh-tunnel.js';

export type WarningCode =
  | 'multiple_gateways'
  | 'ssh_tunnel_failed'
  | 'auth_secretref_unresolved'
  | 'probe_scope_limited';

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  readonly targetIds?: readonly string[];
}

export interface TargetReport extends Findings {
  readonly id: string;
  readonly kind: CandidateKind;
  readonly url: string;
  readonly active: boolean;
  readonly tunnel: {
    readonly kind: 'ssh';
    readonly target: string;
    readonly localPort: number;
    readonly remotePort: number;
    readonly pid: number | null;
  } | null;
}

/** One gateway with all that was found out about it. */
export interface Asked {
  readonly report: TargetReport;
  readonly probed: Probed | undefined;
  readonly warning: Warning | undefined;
}

export async function ask(candidate: Candidate, device: Device, deadline: Deadline): Promise<Asked> {
  const { kind, active, choice } = candidate;
  const place = { id: kind, kind, url: urlOf(candidate), active, tunnel: null };
  if ('problem' in choice) {
    const { problem, unresolved } = choice;
    const warning = { code: 'auth_secretref_unresolved', message: problem, targetIds: [kind] } as const;
    return {
      report: { ...place, ...unreached(problem) },
      probed: undefined,
      warning: unresolved ? warning : undefined,
    };
  }
  const probed = await probeTarget(choice, device, deadline);
  return { report: { ...place, ...probed.findings }, probed, warning: undefined };
}

/** The gateway behind a tunnel is the remote one: it is shown that one's credentials. */
export async function askThroughSsh(
  ssh: SshTarget,
  { flags, sources }: GatewayAccess,
  device: Device,
  deadline: Deadline,
): Promise<Asked> {
  let tunnel: SshTunnel;
  try {
    tunnel = await openSshTunnel(ssh, deadline);
  } catch (caught) {
    const { message } = toError(caught);
    const place = {
      id: 'sshTunnel',
      kind: 'sshTunnel',
      url: `ssh://${ssh.host}`,
      active: true,
      tunnel: null,
    } as const;
    return {
      report: { ...place, ...unreached(message) },
      probed: undefined,
      warning: { code: 'ssh_tunnel_failed', message, targetIds: ['sshTunnel'] },
    };
  }
  try {
    const url = new URL(`${behindSsh(ssh, sources).protocol}//127.0.0.1:${tunnel.localPort}`);
    const choice = choose(
      () => ({
        url,
        trust: remoteTrust(sources),
        source: 'ssh tunnel',
        credentials: remoteCredentials(flagsForOthers(flags), sources),
        ownToken: 'ignored',
      }),
      url.href,
    );
    const asked = await ask({ kind: 'sshTunnel', active: true, choice }, device, deadline);
    const { localPort, pid = null } = tunnel;
    const facts = { kind: 'ssh', target: ssh.host, localPort, remotePort: ssh.remotePort, pid } as const;
    return { ...asked, report: { ...asked.report, tunnel: facts } };
  } finally {
    tunnel.close();
  }
}
