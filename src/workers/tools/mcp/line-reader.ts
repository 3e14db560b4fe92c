/** Lines of a stream, no faster than they may come and none longer than it may be. */
import type { Readable } from 'node:stream';
import { mcpLimits } from '../../../shared/tools/limits.js';
import { CollectedBytes } from '../../collected-bytes.js';
import { endings, type Ending } from './ending.js';
import type { Intake } from './intake.js';

export interface LineReaderOptions {
  readonly intake: Intake;
  line(text: string): void;
  /** Nothing is read after this. */
  failed(ending: Ending): void;
}

const NEWLINE = 0x0a;

export function createLineReader(stream: Readable, { intake, line, failed }: LineReaderOptions): void {
  /** Of the line that has not ended yet. */
  let begun = new CollectedBytes();
  const fail = (ending: Ending): void => {
    begun = new CollectedBytes();
    stream.destroy();
    failed(ending);
  };
  /** False when the rest of the chunk has to wait. */
  const feed = (chunk: Buffer): boolean => {
    for (let from = 0; from < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, from);
      begun.add(chunk.subarray(from, newline === -1 ? chunk.length : newline));
      if (begun.size > mcpLimits.messageBytes) {
        fail(endings.tooLong);
        return false;
      }
      if (newline === -1) return true;
      from = newline + 1;
      const text = begun.text();
      const waitMs = intake.take(1, begun.size + 1);
      begun = new CollectedBytes();
      line(text);
      if (intake.flooded) {
        fail(endings.flood);
        return false;
      }
      if (waitMs > 0) {
        stream.pause();
        setTimeout(() => {
          if (feed(chunk.subarray(from))) stream.resume();
        }, waitMs);
        return false;
      }
    }
    return true;
  };
  stream.on('data', (chunk: Buffer) => void feed(chunk));
  stream.on('error', () => {}); // its process has ended
}
