/** The usual case: one question to one gateway. */
import { toError } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';
import { connectGateway } from './client.js';
import { deadlineIn } from './deadline.js';
import { GatewayError } from './errors.js';
import type { LocalSources } from './credentials.js';
import { connectionDetails, resolveTarget, type TargetFlags } from './target.js';

export interface GatewayCall {
  readonly method: string;
  readonly params: object;
  readonly flags: TargetFlags;
  readonly sources: LocalSources;
  readonly timeoutMs: number;
}

/** Connects, asks, closes; gives the payload. @throws UserError, with the connection's details when nobody answered */
export async function callGateway({
  method,
  params,
  flags,
  sources,
  timeoutMs,
}: GatewayCall): Promise<unknown> {
  const target = resolveTarget(flags, sources);
  const deadline = deadlineIn(timeoutMs);
  try {
    const client = await connectGateway({ url: target.url.href, credentials: target.credentials }, deadline);
    try {
      return await client.request(method, params, deadline);
    } finally {
      client.close();
    }
  } catch (caught) {
    const error = toError(caught);
    if (error instanceof GatewayError && error.failure === 'response') throw new UserError(error.message);
    throw new UserError(error.message, connectionDetails(target, sources));
  }
}
