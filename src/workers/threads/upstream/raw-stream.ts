/**
 * What models say, word for word, into a file of JSON lines: for whoever looks for the cause of a strange answer
 * (cli.md §2, `--raw-stream`). The threads of all workers append to the one file; a slow or full disk costs lines, never
 * an answer.
 */
import { createWriteStream } from 'node:fs';
import { rawStreamLimits } from '../../../shared/log/limits.js';
import { createRedactor } from '../../../shared/log/redact.js';
import { routeSecrets } from '../../../shared/routes.js';
import type { Candidate } from '../model-selection.js';

export interface RawStream {
  /** Takes the events of one call to a model, as they come. */
  of(from: Candidate): (event: string) => void;
}

export function openRawStream(path: string): RawStream {
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  let dropped = 0;
  file.on('error', () => {}); // whoever asked for the file sees that it does not grow
  const write = (line: object): void => void file.write(`${JSON.stringify(line)}\n`);
  let calls = 0;
  return {
    of({ provider, model }) {
      const redactor = createRedactor(routeSecrets(provider));
      const call = (calls += 1);
      let seq = 0;
      return (event) => {
        seq += 1;
        if (file.writableLength > rawStreamLimits.unwrittenBytes || file.errored) {
          dropped += 1;
          return;
        }
        const place = { ts: new Date().toISOString(), pid: process.pid, call, seq };
        const before = dropped > 0 ? { dropped } : {};
        dropped = 0;
        write({ ...place, ...before, provider: provider.id, model, event: redactor.exact(event) });
      };
    },
  };
}
