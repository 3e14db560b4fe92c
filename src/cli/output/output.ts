/**
 * What a command says: results on stdout, everything else on stderr. With `--json` stdout carries exactly
 * one document (cli.md §1).
 */
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
  readonly style: Style;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly color: boolean;
}

export function createOutput({ stdout, stderr, color }: OutputOptions): Output {
  return {
    print: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    document: (value) => void stdout.write(`${harmlessJson(JSON.stringify(value, null, 2))}\n`),
    note: (...lines) => void stderr.write(lines.map((line) => `${line}\n`).join('')),
    style: createStyle(color),
  };
}
