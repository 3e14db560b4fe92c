/** Ways in which a folder becomes read-only under a process that works in it, and writable again. All need root. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TestContext } from 'vitest';
import { temporaryDir } from './gateway.js';

export interface ReadOnly {
  readonly dir: string;
  /** For a process that is to be told no. */
  readonly through: readonly string[];
  begin(): void;
  end(): void;
}

/** New files and folders are refused (EROFS); who has a file open writes on. Skips the test where nothing can be mounted. */
export function byMount(test: TestContext): ReadOnly {
  const dir = temporaryDir();
  let mounted = false;
  const end = (): void => {
    if (mounted) run('umount', '--lazy', dir);
    mounted = false;
  };
  test.onTestFinished(end);
  orSkip(test, 'nothing can be mounted here', () => {
    run('mount', '--bind', dir, dir);
    run('umount', dir);
  });
  return {
    dir,
    through: [],
    begin() {
      run('mount', '--bind', dir, dir);
      mounted = true;
      run('mount', '-o', 'remount,bind,ro', dir);
    },
    end,
  };
}

/** As by `chmod -R a-w` (EACCES): root is told no without its capability to pass over that. */
export function byPermissions(): ReadOnly {
  const dir = temporaryDir();
  const without = '-dac_override,-dac_read_search';
  return {
    dir,
    through: process.getuid?.() === 0 ? ['setpriv', '--bounding-set', without, '--inh-caps', without] : [],
    begin: () => run('chmod', '-R', 'a-w', dir),
    end: () => run('chmod', '-R', 'u+w', dir),
  };
}

/** Neither can open files be written (EPERM). Skips the test where the file system does not know of it. */
export function byFlag(test: TestContext): ReadOnly {
  const dir = temporaryDir();
  const all = ['(', '-type', 'f', '-o', '-type', 'd', ')'];
  const flag = (change: string): void => run('find', dir, ...all, '-exec', 'chattr', change, '{}', '+');
  orSkip(test, 'nothing can be made immutable here', () => {
    flag('+i');
    flag('-i');
  });
  return { dir, through: [], begin: () => flag('+i'), end: () => flag('-i') };
}

/** As ext4 does after an error of its disk: open files cannot be written either, and never again. Skips where it cannot be had. */
export function byDiskError(test: TestContext): Omit<ReadOnly, 'end'> {
  const dir = temporaryDir();
  const image = join(temporaryDir(), 'disk');
  orSkip(test, 'no ext4 of its own can be mounted here', () => {
    run('truncate', '--size', '64M', image);
    run('mkfs.ext4', '-q', image);
    run('mount', '-o', 'loop,errors=remount-ro', image, dir);
  });
  test.onTestFinished(() => run('umount', '--lazy', dir));
  const [device = ''] = /^\S+(?= \S+ ext4)/.exec(mountOf(dir)) ?? [];
  return {
    dir,
    through: [],
    begin: () => writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'test'),
  };
}

function mountOf(dir: string): string {
  return (
    readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === dir) ?? ''
  );
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

function orSkip(test: TestContext, why: string, step: () => void): void {
  try {
    step();
  } catch {
    test.skip(why);
  }
}
