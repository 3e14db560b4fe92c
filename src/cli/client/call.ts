/** The usual case: one gateway, one or a few questions. */
import { connectGateway, type GatewayClient } from './client.js';
import type { LocalSources } from './credentials.js';
import { deadlineIn, type Deadline } from './deadline.js';
import { openDevice, type Device } from './device/device.js';
import { explain } from './explain.js';
import { cliClient, type ClientKind } from './kinds.js';
import { openSshTunnel } from './ssh-tunnel.js';
import { resolveTarget, type GatewayTarget, type TargetFlags } from './target.js';

/** What a command has at hand to reach a gateway. */
export interface GatewayAccess {
  readonly flags: TargetFlags;
  readonly sources: LocalSources;
  /** For connecting and asking together. */
  readonly timeoutMs: number;
  /** Waits past an answer that only says `accepted` (protocol.md §2.2). */
  readonly expectFinal: boolean;
  /** Told what people should know beside the answer. */
  note(line: string): void;
}

export interface Question {
  readonly method: string;
  readonly params: object;
}

/** Gives the payload. @throws GatewayError */
export type Ask = (question: Question) => Promise<unknown>;

/** Connects, asks, closes; gives the payload. @throws UserError, with the connection's details when nobody answered */
export function callGateway(access: GatewayAccess, question: Question): Promise<unknown> {
  return withGateway(access, (ask) => ask(question));
}

/** Connects, lets `use` ask, closes. @throws UserError as `callGateway` */
export async function withGateway<T>(access: GatewayAccess, use: (ask: Ask) => Promise<T>): Promise<T> {
  const target = resolveTarget(access.flags, access.sources);
  const deadline = deadlineIn(access.timeoutMs);
  const device = deviceOf(access);
  try {
    const client = await connectTo(target, device, deadline);
    try {
      return await use(({ method, params }) => client.request(method, params, deadline, access.expectFinal));
    } finally {
      client.close();
    }
  } catch (caught) {
    throw explain(caught, target, access.sources, device);
  }
}

/** The device that this state directory is. */
export function deviceOf({ sources, note }: Pick<GatewayAccess, 'sources' | 'note'>): Device {
  return openDevice(sources.paths.identityDir, note);
}

/** Through a tunnel, where there is to be one, which ends with the connection. @throws GatewayError */
export async function connectTo(
  target: GatewayTarget,
  device: Device | undefined,
  deadline: Deadline,
  kind: ClientKind = cliClient,
): Promise<GatewayClient> {
  const { url, ssh, trust, credentials, ownToken } = target;
  const connect = (address: string): Promise<GatewayClient> =>
    connectGateway({ url: address, trust, credentials, ownToken, device, kind }, deadline);
  if (!ssh) return connect(url.href);
  const tunnel = await openSshTunnel(ssh, deadline);
  try {
    const client = await connect(`${url.protocol}//127.0.0.1:${tunnel.localPort}`);
    return {
      ...client,
      close() {
        client.close();
        tunnel.close();
      },
    };
  } catch (caught) {
    tunnel.close();
    throw caught;
  }
}
