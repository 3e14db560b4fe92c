/** The first frame of a socket, and all that the gateway does about it until it closes. */
import { openSocket, type Close, type Frame } from './control-client.js';
import { within } from './wait-for.js';

export interface Refused {
  /** Everything after the challenge: an answer, or nothing. */
  readonly frames: readonly Frame[];
  readonly close: Close;
}

/** Sends `first` on a new socket that the gateway is expected to close. */
export async function refused(
  url: string,
  first: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Refused> {
  const client = await openSocket(url, headers);
  if (Buffer.isBuffer(first)) client.socket.send(first, { binary: false });
  else client.send(first);
  const close = await within('close', client.closed);
  return { frames: client.frames.filter((frame) => frame.event !== 'connect.challenge'), close };
}
