/** Any failure on the way to a gateway, as people are told about it (cli.md §1). */
import { toError } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';
import { adviceFor } from './advice.js';
import type { LocalSources } from './credentials.js';
import type { Device } from './device/device.js';
import { GatewayError } from './errors.js';
import { connectionDetails, type GatewayTarget } from './target.js';

/** The gateway's own words, what to do about them and, when it did not answer, what was tried. */
export function explain(
  caught: unknown,
  target: GatewayTarget,
  sources: LocalSources,
  device: Device | undefined,
): UserError {
  const error = toError(caught);
  if (error instanceof UserError) return error;
  const details = connectionDetails(target, sources);
  if (!(error instanceof GatewayError)) return new UserError(error.message, details);
  const { server, failure } = error;
  const advice = [...adviceFor(error), ...(server ? deviceAdvice(device) : [])];
  return new UserError(
    error.message,
    failure === 'response' ? advice : [...advice, ...details],
    server ? { code: server.code, ...(server.details === undefined ? {} : { details: server.details }) } : {},
  );
}

/** Without an identity a gateway may grant less, or nothing: then it matters why there is none. */
function deviceAdvice(device: Device | undefined): string[] {
  const problem = device?.problem();
  return problem === undefined ? [] : [`This command has no device identity: ${problem}`];
}
