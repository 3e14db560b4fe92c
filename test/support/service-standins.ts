/**
 * Programs in the place of a machine's service managers: each records how it was called, and answers as the real one does
 * for one service, whose state is two files. What a manager would run is not run.
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir } from './gateway.js';

const systemctl = `
case "$*" in
  *"show --property Version"*) echo Version=252 ;;
  *is-enabled*) [ -e enabled ] && echo enabled || { echo disabled; exit 1; } ;;
  *disable*) rm -f enabled; case "$*" in *--now*) rm -f active ;; esac ;;
  *enable*) touch enabled ;;
  *restart*|*" start "*|"start "*) touch active ;;
  *stop*) rm -f active ;;
  *show*)
    if [ -e active ]; then echo ActiveState=active; echo SubState=running; echo MainPID=4242
    else echo ActiveState=inactive; echo SubState=dead; echo MainPID=0; fi
    echo ExecMainStatus=0; echo ExecMainCode=0 ;;
esac`;

const loginctl = `
case "$*" in
  *show-user*) [ -e linger ] && echo yes || echo no ;;
  *enable-linger*) touch linger ;;
esac`;

const launchctl = `
case "$*" in
  "print gui/"*/*) [ -e active ] && printf 'x = {\\n\\tstate = running\\n\\tpid = 4242\\n\\tlast exit code = 0\\n}\\n' || exit 113 ;;
  bootstrap*) touch active ;;
  bootout*) [ -e active ] && rm active || exit 3 ;;
esac`;

const schtasks = `
case "$*" in
  *"/Query /TN"*"/V"*) [ -e enabled ] || exit 1
    [ -e active ] && echo "Status:                               Running" || echo "Status:                               Ready"
    echo "Last Result:                          0" ;;
  *"/Query /TN"*) [ -e enabled ] || exit 1 ;;
  *"/Create"*) touch enabled ;;
  *"/Run"*) touch active ;;
  *"/End"*) rm -f active ;;
  *"/Delete"*) rm -f enabled active ;;
esac`;

const programs = { systemctl, loginctl, launchctl, schtasks } as const;

export interface StandIns {
  /** For `PATH`. */
  readonly bin: string;
  /** Command lines since the last time, in order. */
  calls(): string[];
  /** Of those that change something. */
  changes(): string[];
  is(state: 'enabled' | 'active' | 'linger'): boolean;
  /** A program fails from here on, and says this; undefined: no more. */
  fails(program: keyof typeof programs, says: string | undefined, only?: string): void;
}

export function standIns(): StandIns {
  const dir = temporaryDir();
  const log = join(dir, 'calls');
  for (const [name, script] of Object.entries(programs)) {
    const failure = `if [ -e fails-${name} ]; then case "$*" in *"$(cat only-${name})"*) cat fails-${name} >&2; exit 1 ;; esac; fi`;
    const text = `#!/bin/sh\ncd '${dir}' || exit 9\necho "${name} $*" >> calls\n${failure}\n${script}\n`;
    writeFileSync(join(dir, name), text);
    chmodSync(join(dir, name), 0o755);
  }
  const calls = (): string[] => {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
    rmSync(log, { force: true });
    return lines;
  };
  return {
    bin: dir,
    calls,
    changes: () =>
      calls().filter((line) => !/ show\b|is-enabled|show-user|launchctl print|\/Query/.test(line)),
    is: (state) => existsSync(join(dir, state)),
    fails(program, says, only = '') {
      if (says === undefined) return rmSync(join(dir, `fails-${program}`), { force: true });
      writeFileSync(join(dir, `only-${program}`), only);
      writeFileSync(join(dir, `fails-${program}`), `${says}\n`);
    },
  };
}
