/**
 * A server that is a process of ours: messages are lines on its input and output. It is a process group of its own,
 * which ends with the connection, and with this process.
 */
import { deserializeMessage, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Logger } from '../../../shared/log/logger.js';
import { mcpLimits } from '../../../shared/tools/limits.js';
import type { ServerProcess } from '../../../shared/tools/setup.js';
import type { GroupEnd, ProcessGroup, ProcessGroups } from '../process-group.js';
import { endings, type Ending } from './ending.js';
import { createIntake } from './intake.js';
import { createLineReader } from './line-reader.js';
import { logPrintedLines } from './printed-lines.js';

export interface ProcessTransportOptions {
  readonly server: string;
  readonly reach: ServerProcess;
  /** All that it has of the gateway's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly groups: ProcessGroups;
  readonly log: Logger;
  /** Called once, when it is over. */
  ended(ending: Ending): void;
}

export interface ProcessTransport extends Transport {
  /** Ends the process at once. */
  kill(ending: Ending): void;
}

export function createProcessTransport(options: ProcessTransportOptions): ProcessTransport {
  const { server, reach, groups, log } = options;
  let group: ProcessGroup | undefined;
  let why: Ending | undefined;
  let stray = 0;
  const kill = (ending: Ending): void => {
    why ??= ending;
    group?.signal('SIGKILL');
  };
  const received = (line: string): void => {
    if (line.trim() === '' || why) return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch {
      stray += 1;
      if (stray === 1) log.debug('mcp.stray-line', `${server}: says what are no messages`, { server });
      if (stray > mcpLimits.strayLines) kill(endings.stray);
      return;
    }
    transport.onmessage?.(message);
  };
  const transport: ProcessTransport = {
    async start() {
      const { argv, cwd, env } = reach;
      await mkdir(cwd, { recursive: true, mode: 0o700 });
      const started = await groups.start({ argv, cwd, env: { ...options.env, ...env }, input: true });
      group = started;
      const [stdout, stderr] = started.output;
      // It reads no more: mostly since it has ended, of which there is more to say.
      started.input?.on('error', () => setTimeout(() => kill(endings.lost), mcpLimits.drainMs));
      createLineReader(stdout, { intake: createIntake(), line: received, failed: kill });
      logPrintedLines(stderr, server, createIntake(), log);
      void started.ended.then(async (end) => {
        await Promise.race([once(stdout, 'close'), delay(mcpLimits.drainMs)]);
        // Somebody who left the group may keep them open for ever.
        for (const stream of started.output) stream.destroy();
        options.ended(why ?? describe(end));
        transport.onclose?.();
      });
      if (why) started.signal('SIGKILL');
    },
    async send(message) {
      const input = group?.input;
      if (!input?.writable) throw new Error('it does not read any more');
      if (input.writableLength > mcpLimits.unsentBytes) throw new Error('it does not read what it is sent');
      input.write(`${JSON.stringify(message)}\n`);
    },
    /** As the protocol has it: its input ends, then it is told to, then made to. */
    async close() {
      const started = group;
      why ??= endings.closed;
      if (!started) return;
      let ended = false;
      const end = started.ended.then(() => (ended = true));
      started.input?.end();
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await Promise.race([end, delay(mcpLimits.endMs)]);
        if (ended) return;
        started.signal(signal);
      }
    },
    kill,
  };
  return transport;
}

function describe({ exitCode, signal }: GroupEnd): Ending {
  const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
  const hint = exitCode === 127 ? ' (its command was not found)' : '';
  return { kind: 'crashed', message: `its process has ended ${how}${hint}` };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
