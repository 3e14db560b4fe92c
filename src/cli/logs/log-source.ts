/** Where `pllan logs` reads: a gateway, or the log file of this state directory where there is none to be asked. */
import { expandHome } from '../../shared/paths.js';
import { readTail, type LogTail, type TailRequest } from '../../shared/log/tail.js';
import { errorCode } from '../../shared/to-error.js';
import { isPairingRequired } from '../client/advice.js';
import { connectTo } from '../client/call.js';
import type { LocalSources } from '../client/credentials.js';
import { deadlineIn } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { GatewayError } from '../client/errors.js';
import type { GatewayTarget } from '../client/target.js';
import { numberOf, recordOf, textOf, textsOf } from '../record.js';
import { UserError } from '../user-error.js';

export interface LogSource {
  readonly kind: 'gateway' | 'file';
  /** @throws GatewayError, or UserError where a file cannot be read */
  read(request: TailRequest): Promise<LogTail>;
  close(): void;
}

/** @throws GatewayError */
export async function gatewaySource(
  target: GatewayTarget,
  device: Device,
  timeoutMs: number,
): Promise<LogSource> {
  const client = await connectTo(target, device, deadlineIn(timeoutMs));
  return {
    kind: 'gateway',
    read: async (request) => tailOf(await client.request('logs.tail', request, deadlineIn(timeoutMs))),
    close: client.close,
  };
}

/** For the user whose log it is: nothing in it is a secret. */
export function fileSource({ paths, config }: LocalSources): LogSource {
  const { file } = config.logging;
  const place = { dir: paths.logDir, configured: file === null ? null : expandHome(file, paths.home) };
  return {
    kind: 'file',
    async read(request) {
      try {
        return readTail(place, request, new Date());
      } catch (caught) {
        throw new UserError(`the log file cannot be read: ${errorCode(caught) ?? 'unknown error'}`);
      }
    },
    close() {},
  };
}

/** Nobody answered, or only to say that it is too early: another time, or another way, may do. */
export function isAway(caught: unknown): caught is GatewayError {
  return (
    caught instanceof GatewayError && (caught.server === undefined || caught.server.code === 'UNAVAILABLE')
  );
}

/** The file is there for whoever may not ask yet, too. */
export function mayReadFile(caught: unknown): caught is GatewayError {
  return isAway(caught) || (caught instanceof GatewayError && isPairingRequired(caught));
}

function tailOf(payload: unknown): LogTail {
  const { file, cursor, size, lines, truncated, reset, skippedBytes } = recordOf(payload);
  return {
    file: textOf(file) ?? '',
    cursor: numberOf(cursor) ?? 0,
    size: numberOf(size) ?? 0,
    lines: textsOf(lines),
    truncated: truncated === true,
    reset: reset === true,
    ...(typeof skippedBytes === 'number' ? { skippedBytes } : {}),
  };
}
