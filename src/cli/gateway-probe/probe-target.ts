/** Asks one gateway who it is and how it is (cli.md §4, methods.md §13). What goes wrong is a finding, not an exception. */
import { toError } from '../../shared/to-error.js';
import { adviceFor } from '../client/advice.js';
import { connectTo } from '../client/call.js';
import { capabilityOf, refusedCapability, type Capability } from '../client/capability.js';
import type { GatewayClient } from '../client/client.js';
import type { Deadline } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { GatewayError, type CloseFrame } from '../client/errors.js';
import { probeClient } from '../client/kinds.js';
import { selfOf } from '../client/self.js';
import type { GatewayTarget } from '../client/target.js';
import { recordOf, recordsOf, textOf, type Facts } from '../record.js';

/** As it stands in the JSON output. */
export interface ConnectReport {
  readonly ok: boolean;
  /** Every question was answered. */
  readonly rpcOk: boolean;
  /** A question was refused for want of a scope. */
  readonly scopeLimited: boolean;
  readonly latencyMs: number | null;
  readonly error: string | null;
  readonly close: CloseFrame | null;
}

/** Null is what the gateway did not tell. */
export interface Findings {
  readonly connect: ConnectReport;
  /** The gateway's own entry in its presence list. */
  readonly self: Facts | null;
  readonly config: Facts | null;
  readonly health: unknown;
  readonly summary: unknown;
  readonly presence: unknown;
}

export interface Probed {
  readonly findings: Findings;
  readonly capability: Capability | undefined;
  /** Tells one gateway from another, whatever address it was reached at. */
  readonly bootId: string | undefined;
}

const nothing = { self: null, config: null, health: null, summary: null, presence: null } as const;

export async function probeTarget(
  target: GatewayTarget,
  device: Device,
  deadline: Deadline,
): Promise<Probed> {
  const startedAt = performance.now();
  try {
    const client = await connectTo(target, device, deadline, probeClient);
    const latencyMs = Math.round(performance.now() - startedAt);
    try {
      return await question(client, latencyMs, deadline);
    } finally {
      client.close();
    }
  } catch (caught) {
    const error = toError(caught);
    const known = error instanceof GatewayError ? error : undefined;
    return {
      findings: unreached(
        [error.message, ...(known ? adviceFor(known) : [])].join('\n'),
        known?.close ?? null,
      ),
      capability: known && refusedCapability(known),
      bootId: undefined,
    };
  }
}

/** Of a gateway that could not be asked anything. */
export function unreached(error: string, close: CloseFrame | null = null): Findings {
  return {
    connect: { ok: false, rpcOk: false, scopeLimited: false, latencyMs: null, error, close },
    ...nothing,
  };
}

async function question(client: GatewayClient, latencyMs: number, deadline: Deadline): Promise<Probed> {
  const [health, status, presence, config] = (await Promise.allSettled(
    ['health', 'status', 'system-presence', 'config.get'].map((method) =>
      client.request(method, {}, deadline),
    ),
  )) as [Outcome, Outcome, Outcome, Outcome];
  // Not every gateway tells its config; without the others it is not well.
  const failures = [health, status, presence].filter((outcome) => outcome.status === 'rejected');
  const errors = failures.map(({ reason }) => toError(reason));
  return {
    findings: {
      connect: {
        ok: true,
        rpcOk: errors.length === 0,
        scopeLimited: errors.some(isForbidden),
        latencyMs,
        error: errors[0]?.message ?? null,
        close: null,
      },
      self: selfOf(valueOf(presence)),
      config: configOf(valueOf(config)),
      health: valueOf(health),
      summary: valueOf(status),
      presence: valueOf(presence),
    },
    capability: capabilityOf(client.hello.scopes),
    bootId: client.hello.bootId,
  };
}

type Outcome = PromiseSettledResult<unknown>;

function valueOf(outcome: Outcome): unknown {
  return outcome.status === 'fulfilled' ? outcome.value : null;
}

function isForbidden(error: Error): boolean {
  return error instanceof GatewayError && error.server?.code === 'FORBIDDEN';
}

/** Where the config is and whether it is valid; what is in it is not a probe's business. */
function configOf(answer: unknown): Facts | null {
  const { path, exists, valid, issues } = recordOf(answer);
  return textOf(path) === undefined ? null : { path, exists, valid, issues: recordsOf(issues) };
}
