/**
 * The exec tool: runs a command when the primary, or whoever it asks, says so (methods.md §11). It runs in the worker's
 * process and not in a thread of the tool pool: its work is in a process of its own, and a wait for a decision must not
 * keep other tools waiting.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { execLimits } from '../../../shared/tools/limits.js';
import { compile, describeProblems } from '../../../shared/schema.js';
import { execDefinition, ExecArguments } from '../../../shared/tools/exec.js';
import type { ExecSetup } from '../../../shared/tools/setup.js';
import {
  toolError,
  type ToolOutcome,
  type ToolRequest,
  type ToolUpdate,
} from '../../../shared/tools/tool-call.js';
import { toError } from '../../../shared/to-error.js';
import type { PrimaryChannel } from '../../primary-channel.js';
import type { ToolSource } from '../tool-source.js';
import type { ProcessGroups } from '../process-group.js';
import { runCommand, type CommandEnd } from './run-command.js';

const args = compile(ExecArguments);

export interface Commands {
  /** The tool, by what the configuration says of it. */
  use(setup: ExecSetup): ToolSource;
  /** Ends those that run. */
  stop(): void;
}

export function createCommands(primary: Pick<PrimaryChannel, 'ask'>, groups: ProcessGroups): Commands {
  const definitions = [execDefinition];
  const running = new Set<AbortController>();

  const run = async (
    setup: ExecSetup,
    request: ToolRequest,
    signal: AbortSignal,
    update: ToolUpdate,
  ): Promise<ToolOutcome> => {
    const parsed = args.parse(request.args);
    if (!parsed.ok)
      return toolError('input', `invalid arguments for exec: ${describeProblems(parsed.problems)}`);
    const { command, cwd = '.', env = {}, timeoutMs = setup.timeoutMs } = parsed.value;
    const { agentId, sessionKey, workspace } = request.caller;
    const folder = await folderWithin(workspace, cwd);
    if (folder === undefined) return toolError('input', `cwd is not a folder of the workspace: ${cwd}`);
    const question = { command, cwd: folder, env, agentId, sessionKey };
    const verdict = await primary.ask('exec-approval', question, {
      timeoutMs: execLimits.approvalMs,
      signal,
    });
    if (!verdict.run) return toolError('blocked', verdict.why);
    const end = await runCommand(groups, {
      argv: verdict.argv,
      cwd: folder,
      env: { ...setup.env, ...env },
      timeoutMs: Math.min(timeoutMs, setup.timeoutMs),
      signal,
      progress: (text) => update([{ type: 'text', text }]),
    });
    return signal.aborted ? aborted : outcomeOf(end);
  };

  return {
    use: (setup) => ({
      definitions: () => definitions,
      async call(request, signal, update) {
        if (running.size >= execLimits.running)
          return toolError('overloaded', 'too many commands are running');
        const stopping = new AbortController();
        running.add(stopping);
        const either = AbortSignal.any([signal, stopping.signal]);
        try {
          return await run(setup, request, either, update);
        } catch (caught) {
          return either.aborted ? aborted : toolError('failed', `exec: ${toError(caught).message}`);
        } finally {
          running.delete(stopping);
        }
      },
    }),
    stop() {
      for (const call of running) call.abort();
    },
  };
}

const aborted = toolError('aborted', 'the command was ended');

/** A folder of the workspace, links followed; undefined when it is none. */
async function folderWithin(workspace: string, cwd: string): Promise<string | undefined> {
  try {
    await mkdir(workspace, { recursive: true, mode: 0o700 });
    const root = await realpath(workspace);
    const folder = await realpath(resolve(root, cwd));
    return /^\.\.(?:\/|$)|^\//.test(relative(root, folder)) ? undefined : folder;
  } catch {
    return undefined; // not there
  }
}

function outcomeOf(end: CommandEnd): ToolOutcome {
  const { text, exitCode, signal, timedOut, bytes, omittedBytes, durationMs } = end;
  const how = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
  const last = timedOut ? `[timed out after ${durationMs} ms, ${how}]` : `[${how}]`;
  const shown = text === '' ? '' : text.endsWith('\n') ? text : `${text}\n`;
  return {
    status: 'ok',
    content: [{ type: 'text', text: `${shown}${last}` }],
    details: { exitCode, signal, timedOut, durationMs, bytes, omittedBytes },
  };
}
