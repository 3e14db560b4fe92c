/** What a server prints for people: lines in the log at level debug, a few in a second, the rest counted in one. It is read in any case. */
import type { Readable } from 'node:stream';
import { limitRepeats } from '../../../shared/log/repeat-limit.js';
import type { Logger } from '../../../shared/log/logger.js';
import { mcpLimits } from '../../../shared/tools/limits.js';
import type { Intake } from './intake.js';

export function logPrintedLines(stream: Readable, server: string, intake: Intake, log: Logger): void {
  const { printedChars, printedMs } = mcpLimits;
  const say = (text: string): void => log.debug('mcp.printed', `${server}: ${text}`, { server });
  const lines = limitRepeats<'line'>((_kind, more) => say(`… and ${more} more lines`), printedMs);
  let line = '';
  const tell = (text: string): void => {
    if (text !== '' && lines.admit('line')) say(text);
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
  stream.once('close', lines.flush);
  stream.on('error', () => {}); // its process has ended
}
