/**
 * Secrets that a command gives (secrets.md §3.3): asked once for all its refs, in a process group of its own that does
 * not outlive the answer. What it prints is shown to nobody, whatever goes wrong.
 */
import { dirname } from 'node:path';
import type { ExecProviderConfig } from '../config/secrets-schema.js';
import type { Environment } from '../paths.js';
import { errorCode } from '../to-error.js';
import { readAnswer } from './exec-answer.js';
import { SecretFailure, type ReadId } from './failure.js';
import { currentUser, requireSafeCommand } from './file-safety.js';
import { runForOutput } from './run-for-output.js';

const PROTOCOL_VERSION = 1;

export interface ExecRequest {
  readonly alias: string;
  readonly ids: readonly string[];
  readonly maxBatchBytes: number;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** Gives what each id means. @throws SecretFailure when the command is not safe or fails, and from the reader for an id */
export async function askCommand(provider: ExecProviderConfig, request: ExecRequest): Promise<ReadId> {
  const { alias, ids, env, signal } = request;
  const input = JSON.stringify({ protocolVersion: PROTOCOL_VERSION, provider: alias, ids });
  if (Buffer.byteLength(input) > request.maxBatchBytes)
    throw new SecretFailure('TOO_LARGE', `the request has more than ${request.maxBatchBytes} bytes`);
  await judged(() => requireSafeCommand(provider.command, provider.trustedDirs, currentUser()));
  const output = await runForOutput({
    command: provider.command,
    args: provider.args,
    cwd: dirname(provider.command),
    env: { ...picked(env, provider.passEnv), ...provider.env },
    input,
    timeoutMs: provider.timeoutMs,
    noOutputTimeoutMs: provider.noOutputTimeoutMs,
    maxOutputBytes: provider.maxOutputBytes,
    signal,
  });
  return readAnswer(output, ids, provider.jsonOnly);
}

function picked(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function judged(judge: () => Promise<void>): Promise<void> {
  try {
    await judge();
  } catch (caught) {
    if (caught instanceof SecretFailure) throw caught;
    const code = errorCode(caught);
    if (code === 'ENOENT') throw new SecretFailure('NOT_FOUND', 'there is no such command');
    throw new SecretFailure('UNAVAILABLE', `the command cannot be looked at (${code ?? 'unknown error'})`);
  }
}
