/**
 * What a command says: results on stdout, everything else on stderr. With `--json` stdout carries exactly
 * one document (cli.md §1).
 */
import { namingProfile } from '../../shared/advised-command.js';
import { harmlessJson } from './plain-text.js';
import { createStyle, type Style } from './style.js';

/** The part of `process.stdout` that is used. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Output {
  /** Lines of the result, for people. */
  print(...lines: string[]): void;
  /** The one document of `--json`. */
  document(value: unknown): void;
  /** Warnings and explanations: stderr. */
  note(...lines: string[]): void;
  /** Text for `print` whose commands are to be about the profile in force; `note` does it by itself. */
  advice(text: string): string;
  readonly style: Style;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly color: boolean;
  readonly profile: string | undefined;
}

export function createOutput({ stdout, stderr, color, profile }: OutputOptions): Output {
  const advice = (text: string): string => namingProfile(text, profile);
  return {
    print: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    document: (value) => void stdout.write(`${harmlessJson(JSON.stringify(value, null, 2))}\n`),
    note: (...lines) => void stderr.write(lines.map((line) => `${advice(line)}\n`).join('')),
    advice,
    style: createStyle(color),
  };
}
