/** What a gateway says for `pllan status` (methods.md §13). A question that is not answered is left out of the findings. */
import { toError } from '../../shared/to-error.js';
import { connectTo, type GatewayAccess } from '../client/call.js';
import type { GatewayClient } from '../client/client.js';
import { deadlineIn, type Deadline } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { GatewayError } from '../client/errors.js';
import { adviceFor } from '../client/advice.js';
import { resolveTarget, type GatewayTarget } from '../client/target.js';
import { recordOf, type Facts } from '../record.js';

export interface Wishes {
  /** Asks for what takes work, too. */
  readonly deep: boolean;
  readonly usage: boolean;
}

export type Asked =
  /** There is no gateway that could be asked. */
  | { readonly state: 'misconfigured'; readonly error: string }
  | {
      readonly state: 'unreachable';
      readonly target: GatewayTarget;
      readonly error: string;
      readonly advice: readonly string[];
    }
  | { readonly state: 'reached'; readonly target: GatewayTarget; readonly answers: Answers };

export interface Answers {
  readonly latencyMs: number;
  readonly snapshot: Facts;
  readonly status: Facts;
  readonly health?: unknown;
  readonly presence?: unknown;
  readonly channels?: unknown;
  readonly lastHeartbeat?: unknown;
  readonly usage?: unknown;
  /** Why some of it is missing. */
  readonly problems: readonly string[];
}

/** @param device undefined: it is asked as nobody in particular */
export async function askGateway(
  access: GatewayAccess,
  device: Device | undefined,
  wishes: Wishes,
): Promise<Asked> {
  let target: GatewayTarget;
  try {
    target = resolveTarget(access.flags, access.sources);
  } catch (caught) {
    if (access.flags.url !== undefined) throw caught;
    return { state: 'misconfigured', error: toError(caught).message };
  }
  const startedAt = performance.now();
  const deadline = deadlineIn(access.timeoutMs);
  try {
    const client = await connectTo(target, device, deadline);
    const latencyMs = Math.round(performance.now() - startedAt);
    try {
      return { state: 'reached', target, answers: await question(client, latencyMs, deadline, wishes) };
    } finally {
      client.close();
    }
  } catch (caught) {
    const error = toError(caught);
    const advice = error instanceof GatewayError ? adviceFor(error) : [];
    return { state: 'unreachable', target, error: error.message, advice };
  }
}

const deepQuestions = {
  health: ['health', { probe: true }],
  presence: ['system-presence', {}],
  channels: ['channels.status', {}],
  lastHeartbeat: ['last-heartbeat', {}],
} as const;
const usageQuestion = { usage: ['usage.status', {}] } as const;

async function question(
  client: GatewayClient,
  latencyMs: number,
  deadline: Deadline,
  { deep, usage }: Wishes,
): Promise<Answers> {
  const { snapshot, methods } = client.hello;
  const problems: string[] = [];
  const ask = async (method: string, params: object): Promise<unknown> => {
    if (methods.length > 0 && !methods.includes(method)) return undefined;
    try {
      return await client.request(method, params, deadline);
    } catch (caught) {
      problems.push(`${method}: ${toError(caught).message}`);
      return undefined;
    }
  };
  const more = { ...(deep ? deepQuestions : {}), ...(usage ? usageQuestion : {}) };
  const [status, ...others] = await Promise.all([
    ask('status', {}),
    ...Object.entries(more).map(async ([name, [method, params]]) => [name, await ask(method, params)]),
  ]);
  const answered = (others as [string, unknown][]).filter(([, answer]) => answer !== undefined);
  return { latencyMs, snapshot, status: recordOf(status), ...Object.fromEntries(answered), problems };
}
