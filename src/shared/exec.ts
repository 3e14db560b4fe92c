/** What the exec tool asks the primary before a command runs, and what it is told (methods.md §11). */

export interface ExecQuestion {
  readonly command: string;
  /** Absolute. */
  readonly cwd: string;
  /** Variables that the caller adds. */
  readonly env: Readonly<Record<string, string>>;
  readonly agentId: string;
  readonly sessionKey: string;
}

/** `argv` is what was judged, so it is what runs: program first, by its absolute path. */
export type ExecVerdict =
  | { readonly run: true; readonly argv: readonly string[] }
  | { readonly run: false; readonly why: string };
