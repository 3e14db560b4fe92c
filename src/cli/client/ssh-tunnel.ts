/**
 * A way to a gateway that listens on the loopback address of another machine: the system's `ssh` forwards a local port
 * to it (cli.md §4, operations.md §9). It asks for nothing: keys and known hosts have to be in place.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import { tunnelLimits } from '../limits.js';
import { plainText } from '../output/plain-text.js';
import type { Deadline } from './deadline.js';
import { endsWithUs } from './ends-with-us.js';
import { GatewayError } from './errors.js';
import { freePort } from './free-port.js';

export interface SshTarget {
  /** `user@host`, or a host that the ssh config knows. */
  readonly host: string;
  readonly port: number | undefined;
  /** Key file; the ssh config's unless given. */
  readonly identity: string | undefined;
  /** Of the gateway on that machine. */
  readonly remotePort: number;
  /** In which ssh finds its agent and its config. */
  readonly env: Environment;
}

export interface SshTunnel {
  readonly localPort: number;
  readonly pid: number | undefined;
  close(): void;
}

/** `user@host[:port]`; undefined when it is none. */
export function parseSshTarget(text: string): Pick<SshTarget, 'host' | 'port'> | undefined {
  const [, host, port] =
    /^((?:[\w.+-]+@)?(?!-)[\w.-]+|(?:[\w.+-]+@)?\[[\da-f:]+\])(?::(\d{1,5}))?$/i.exec(text.trim()) ?? [];
  if (host === undefined || host.startsWith('-') || Number(port ?? 22) > 65_535) return undefined;
  return { host: host.replace(/\[(.*)\]$/, '$1'), port: port === undefined ? undefined : Number(port) };
}

/** Resolves when the local port takes connections. @throws GatewayError with what ssh said */
export async function openSshTunnel(target: SshTarget, deadline: Deadline): Promise<SshTunnel> {
  const localPort = await freePort();
  const child = spawn('ssh', sshArguments(target, localPort), {
    env: target.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = endsWithUs(child);
  let said = '';
  let failure: string | undefined;
  child.stderr.on(
    'data',
    (chunk: Buffer) => (said = (said + chunk.toString()).slice(-tunnelLimits.sshTextChars)),
  );
  child.once('error', (error) => (failure = error.message));
  child.once('close', (code) => (failure ??= lastLine(said) ?? `ssh ended with code ${code ?? 'none'}`));
  try {
    while (!(await takesConnections(localPort))) {
      if (failure !== undefined) throw new Error(failure);
      if (deadline.remainingMs() === 0)
        throw new Error(lastLine(said) ?? `no tunnel after ${deadline.timeoutMs}ms`);
      await sleep(tunnelLimits.sshPollMs);
    }
  } catch (caught) {
    end();
    throw new GatewayError('unreachable', `ssh tunnel failed: ${toError(caught).message}`, false);
  }
  return { localPort, pid: child.pid, close: end };
}

function sshArguments({ host, port, identity, remotePort }: SshTarget, localPort: number): string[] {
  const forward = ['-N', '-L', `127.0.0.1:${localPort}:127.0.0.1:${remotePort}`];
  const rules = ['ExitOnForwardFailure=yes', 'BatchMode=yes', 'StrictHostKeyChecking=yes'];
  return [
    ...forward,
    ...rules.flatMap((rule) => ['-o', rule]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(identity === undefined ? [] : ['-i', identity]),
    '--',
    host,
  ];
}

function lastLine(text: string): string | undefined {
  const lines = text.split('\n').map(plainText);
  return lines.findLast((line) => line !== '');
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
