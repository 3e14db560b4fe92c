/** Tools that clients call themselves: what HTTP and the primary, for RPC, have in common. */
import { randomUUID } from 'node:crypto';
import type { Answers } from '../../shared/asking.js';
import type { WorkerQuestions } from '../../shared/ipc.js';
import type { DirectCaller } from '../../shared/tools/direct-call.js';
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolCaller, ToolOutcome } from '../../shared/tools/tool-call.js';
import { createOpenCount } from '../open-count.js';
import type { ToolRunner } from './tool-runner.js';

export interface DirectToolCall {
  readonly caller: DirectCaller;
  readonly via: 'http' | 'rpc';
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Becomes an argument of that name, where the tool has one and the call does not. */
  readonly action?: string | undefined;
}

export interface DirectCalls {
  /** Never rejects. */
  call(runner: ToolRunner, asked: DirectToolCall, signal: AbortSignal): Promise<ToolOutcome>;
  /** For the primary. */
  readonly answers: Pick<Answers<WorkerQuestions, undefined>, 'call-tool' | 'list-tools'>;
  /** Resolves when none is left. */
  idle(): Promise<void>;
}

/** @param present what calls of the primary use that begin now */
export function createDirectCalls(present: () => ToolRunner): DirectCalls {
  const open = createOpenCount();
  const call: DirectCalls['call'] = async (runner, { caller: asking, via, name, args, action }, signal) => {
    const caller = callerOf(runner, asking, via);
    const merged =
      action !== undefined && !Object.hasOwn(args, 'action') && takesAction(runner.offered(caller), name)
        ? { ...args, action }
        : args;
    const request = { toolCallId: `call_${randomUUID()}`, name, args: merged, caller };
    open.began();
    try {
      return await runner.call(request, signal, () => {});
    } finally {
      open.ended();
    }
  };
  return {
    call,
    answers: {
      async 'call-tool'({ caller, name, args }, signal) {
        const parsed = JSON.parse(args) as Record<string, unknown>;
        const outcome = await call(present(), { caller, via: 'rpc', name, args: parsed }, signal);
        return outcome.status === 'ok' ? { status: 'ok', output: encodeResult(outcome) } : outcome;
      },
      'list-tools'(caller) {
        const runner = present();
        return caller ? runner.offered(callerOf(runner, caller, 'turn')) : runner.all();
      },
    },
    idle: open.idle,
  };
}

function callerOf(runner: ToolRunner, caller: DirectCaller, via: ToolCaller['via']): ToolCaller {
  return { ...caller, runId: undefined, via, workspace: runner.workspaceOf(caller.agentId) };
}

/** What a tool has given, as clients get it. */
export function encodeResult({ content, details }: Extract<ToolOutcome, { status: 'ok' }>): string {
  return JSON.stringify({ content, details });
}

function takesAction(tools: readonly ToolDefinition[], name: string): boolean {
  const { properties } = tools.find((tool) => tool.name === name)?.parameters ?? {};
  return typeof properties === 'object' && properties !== null && Object.hasOwn(properties, 'action');
}
