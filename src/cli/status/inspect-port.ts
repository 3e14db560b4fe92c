/** Who holds a local port: from `/proc` on Linux, else from `lsof`, else only whether anyone does (cli.md §3). */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { portListenersFromProc } from '../../shared/listeners-from-proc.js';
import { errorCode } from '../../shared/to-error.js';
import { portLimits } from '../limits.js';

const run = promisify(execFile);

export interface Listener {
  readonly pid?: number;
  /** Name of the program only: its arguments may hold a secret. */
  readonly command?: string;
  readonly address: string;
}

export interface PortReport {
  readonly port: number;
  readonly status: 'busy' | 'free' | 'unknown';
  readonly listeners: readonly Listener[];
  readonly hints: readonly string[];
}

export async function inspectPort(port: number): Promise<PortReport> {
  const listeners = listFromProc(port) ?? (await listFromLsof(port));
  if (listeners) return { port, status: listeners.length > 0 ? 'busy' : 'free', listeners, hints: [] };
  const hints = ['The listeners could not be listed: lsof not found.'];
  return { port, status: await statusFromConnecting(port), listeners: [], hints };
}

function listFromProc(port: number): Listener[] | undefined {
  return portListenersFromProc(port)?.map(({ address, pid }) => {
    if (pid === undefined) return { address };
    const command = commandName(pid);
    return { pid, ...(command === undefined ? {} : { command }), address };
  });
}

function commandName(pid: number): string | undefined {
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return basename(program) || undefined;
  } catch {
    return undefined; // gone meanwhile
  }
}

/** Undefined where there is no `lsof`. */
async function listFromLsof(port: number): Promise<Listener[] | undefined> {
  try {
    const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpcn'], {
      timeout: portLimits.lsofMs,
    });
    return parseLsof(stdout);
  } catch (caught) {
    return errorCode(caught) === 'ENOENT' ? undefined : []; // lsof exits 1 when there is nothing to list
  }
}

/** Output of `lsof -Fpcn`: one field per line, named by its first letter; an address belongs to the process above it. */
export function parseLsof(text: string): Listener[] {
  const listeners: Listener[] = [];
  let pid = 0;
  let command = '';
  for (const line of text.split('\n')) {
    const value = line.slice(1);
    if (line.startsWith('p')) pid = Number(value);
    if (line.startsWith('c')) command = value;
    if (line.startsWith('n')) listeners.push({ pid, command, address: value });
  }
  return listeners;
}

function statusFromConnecting(port: number): Promise<'busy' | 'free' | 'unknown'> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: portLimits.connectMs });
    const settle = (status: 'busy' | 'free' | 'unknown'): void => {
      socket.destroy();
      resolve(status);
    };
    socket.once('connect', () => settle('busy'));
    socket.once('timeout', () => settle('unknown'));
    socket.once('error', (error) => settle(errorCode(error) === 'ECONNREFUSED' ? 'free' : 'unknown'));
  });
}
