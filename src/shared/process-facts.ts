/** What the system knows of a process, by its pid: whether it has ended, when it began, what it runs. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks since boot, field 22 of `/proc/<pid>/stat`; undefined where there is no `/proc`. */
export function processStartTime(pid: number): number | undefined {
  const field = processStat(pid)?.[19];
  return field === undefined ? undefined : Number(field);
}

/** It has ended, but its parent has not taken notice: signals still find it, nothing else does. */
export function isZombie(pid: number): boolean {
  return processStat(pid)?.[0] === 'Z';
}

/** `/proc/<pid>/stat` from its third field on, the state. */
function processStat(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // no /proc here, or the process is gone
  }
}

/** Program and arguments, as one line; empty when there is no such process. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return fromSystem(pid);
  }
}

function fromSystem(pid: number): string {
  const question = `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`;
  const [program, args] =
    process.platform === 'win32'
      ? ['powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', question]]
      : ['ps', ['-o', 'command=', '-p', String(pid)]];
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return ''; // no such process
  }
}
