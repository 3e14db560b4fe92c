/** The thread's side of `large-frames.ts`: a frame comes in as bytes, what `ReadRequest` keeps of it goes back. */
import { parentPort } from 'node:worker_threads';
import { largeFrameLimits } from '../../shared/limits.js';
import type { Attachments } from './methods/attachments.js';
import { outlineOf } from './outline.js';
import { invalidFrame, readRequest, UNREADABLE_ID, type ReadRequest } from './read-request.js';

const tooMany = `at root: must have at most ${largeFrameLimits.values} values`;

function readLarge(frame: Buffer): ReadRequest {
  const { values, outer } = outlineOf(frame, largeFrameLimits.aboveBytes);
  if (values <= largeFrameLimits.values) return readRequest(frame);
  // It is refused whatever it says; id and method still tell the client which request it was.
  if (!outer) return invalidFrame(UNREADABLE_ID, tooMany);
  const request = readRequest(outer);
  return request.ok && request.params ? { ...request, params: { ok: false, problems: tooMany } } : request;
}

parentPort?.on('message', ({ buffer }: Uint8Array<ArrayBuffer>) => {
  const request = readLarge(Buffer.from(buffer));
  parentPort?.postMessage(request, attachedBytes(request));
});

/** Bytes of attachments are given away, not copied; each has memory of its own. */
function attachedBytes(request: ReadRequest): ArrayBuffer[] {
  if (!request.ok || request.params?.ok !== true) return [];
  const { attachments } = request.params.value as { readonly attachments?: Attachments };
  if (attachments?.ok !== true) return [];
  return attachments.images.map(({ bytes }) => bytes.buffer as ArrayBuffer);
}
