/** What a server prints for people: lines in the log at level debug, a few in a second. It is read in any case. */
import type { Readable } from 'node:stream';
import type { Logger } from '../../../shared/log/logger.js';
import { mcpLimits } from '../../../shared/tools/limits.js';
import type { Intake } from './intake.js';

export function logPrintedLines(stream: Readable, server: string, intake: Intake, log: Logger): void {
  const { printedChars, printedLines } = mcpLimits;
  let line = '';
  let told = 0;
  let second = 0;
  const tell = (text: string): void => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) told = 0;
    second = now;
    told += 1;
    if (text !== '' && told <= printedLines) log.debug('mcp.printed', `${server}: ${text}`, { server });
  };
  stream.on('data', (chunk: Buffer) => {
    if (log.enabled('debug')) {
      const [first = '', ...more] = chunk.toString('utf8').split('\n');
      line = (line + first).slice(0, printedChars);
      for (const next of more) {
        tell(line);
        line = next.slice(0, printedChars);
      }
    }
    const waitMs = intake.take(0, chunk.length);
    if (waitMs === 0) return;
    stream.pause();
    setTimeout(() => stream.resume(), waitMs);
  });
  stream.on('error', () => {}); // its process has ended
}
