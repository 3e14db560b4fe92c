/** What the machine leaves the gateway to work with (operations.md §16): open files, room on the disk, the time. */
import { readFileSync, statfsSync } from 'node:fs';
import { displayPath } from '../../../shared/paths.js';
import { doctorLimits } from '../../limits.js';
import { recordOf, textOf } from '../../record.js';
import type { Check, Finding } from '../finding.js';
import type { Site } from '../site.js';

const MIB = 1_048_576;

export const machine: Check = {
  section: 'Machine',
  find: (site) => [...openFiles(), ...room(site), ...clock(site)],
};

function openFiles(): readonly Finding[] {
  const most = openFileLimit();
  if (most === undefined || most >= doctorLimits.openFiles) return [];
  return [
    {
      code: 'machine-open-files',
      level: 'warn',
      message: `A process may have ${most} files open here: connections will be refused (ulimit -n).`,
      advice: `ulimit -n 65536 before the gateway is started, or LimitNOFILE=65536 in its unit.`,
    },
  ];
}

/** Undefined where nobody says. */
function openFileLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // not Linux
  }
}

function room({ context: { paths } }: Site): readonly Finding[] {
  const facts = freeRoom(paths.stateDir);
  if (!facts) return [];
  const { bytes, files } = facts;
  if (bytes >= doctorLimits.freeBytes && files >= doctorLimits.freeFiles) return [];
  const left =
    bytes < doctorLimits.freeBytes ? `${Math.floor(bytes / MIB)} MiB are` : `room for ${files} files is`;
  const isFull = bytes < doctorLimits.fullBytes || files === 0;
  return [
    {
      code: 'machine-disk-full',
      level: isFull ? 'error' : 'warn',
      message: `${left} left on the disk of ${displayPath(paths.stateDir, paths.home)}: messages that cannot be stored are refused.`,
      advice: 'Make room, for instance among old logs, or move the state directory: PLLAN_STATE_DIR.',
    },
  ];
}

function freeRoom(dir: string): { readonly bytes: number; readonly files: number } | undefined {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dir);
    // Some file systems do not count their files.
    return { bytes: bavail * bsize, files: files === 0 ? Number.POSITIVE_INFINITY : ffree };
  } catch {
    return undefined; // it is not there, which is told elsewhere
  }
}

function clock({ document }: Site): readonly Finding[] {
  const touched = textOf(recordOf(recordOf(document).meta).lastTouchedAt);
  const ahead = touched === undefined ? 0 : Date.parse(touched) - Date.now();
  if (!(ahead > doctorLimits.clockAheadMs)) return [];
  return [
    {
      code: 'machine-clock',
      level: 'warn',
      message: `The clock says ${new Date().toISOString()}, and the config was written on ${touched}: signatures and certificates will be refused.`,
      advice: 'Set the clock, or have it set: timedatectl set-ntp true',
    },
  ];
}
