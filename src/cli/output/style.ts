/** Terminal colors: on when stdout is a terminal, off where people or programs said so (cli.md §1). */
import type { Environment } from '../../shared/paths.js';

export interface Style {
  readonly enabled: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

export interface ColorWish {
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly json: boolean;
  readonly isTerminal: boolean;
  readonly env: Environment;
}

/** `--json` and `--no-color` beat `FORCE_COLOR`, which beats `NO_COLOR`, which beats the terminal. */
export function wantsColor({ color, json, isTerminal, env }: ColorWish): boolean {
  if (json || !color) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal && !env.NO_COLOR;
}

export function createStyle(enabled: boolean): Style {
  const paint =
    (open: number, close: number) =>
    (text: string): string =>
      enabled ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return {
    enabled,
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
  };
}
