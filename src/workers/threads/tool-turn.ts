/** A turn in which the gateway's own tools may be called: its time, and the way to the process that runs them. */
import { toolRunLimits } from '../../shared/tools/limits.js';
import type { OfferedTools } from './offered-tools.js';
import type { TurnJob } from './run-turn.js';
import type { ToolLoop } from './tool-loop.js';
import { TurnStop } from './turn-stop.js';
import type { FunctionTool, Turn } from './turn.js';

export interface ToolTurnOptions extends Pick<TurnJob, 'link' | 'upstream' | 'selection' | 'timeoutMs'> {
  readonly offered: OfferedTools;
  /** Of its client. */
  readonly tools: readonly FunctionTool[];
  /** Empty for a completion without one. */
  readonly sessionKey: string;
  readonly runId: string | undefined;
  readonly byStranger?: boolean | undefined;
}

export interface ToolTurn extends Pick<ToolLoop, 'offered' | 'clientTools' | 'beginTools' | 'run'> {
  /** All that the model is offered. */
  readonly tools: readonly FunctionTool[];
  /** Milliseconds until the turn's time is up. */
  readonly leftMs: number;
}

/** The turn as the model gets it with them; `mayCall` false: it is to answer without calling any. */
export function withOwnTools(turn: Turn, { tools }: Pick<ToolTurn, 'tools'>, mayCall: boolean): Turn {
  return { ...turn, tools, toolChoice: mayCall ? turn.toolChoice : 'none' };
}

export function createToolTurn(options: ToolTurnOptions): ToolTurn {
  const { link, upstream, selection, offered, tools, sessionKey, runId, byStranger } = options;
  const dueAt = performance.now() + options.timeoutMs;
  const leftMs = (): number => Math.max(0, dueAt - performance.now());
  return {
    offered,
    clientTools: new Set(tools.map(({ name }) => name)),
    tools: [...tools, ...offered.values()],
    get leftMs() {
      return leftMs();
    },
    beginTools() {
      const ending = new AbortController();
      const stop = new TurnStop(leftMs(), link, upstream.deadlines);
      stop.onStop(() => ending.abort());
      return {
        signal: ending.signal,
        end() {
          stop.dispose();
          if (stop.failure) throw stop.failure;
        },
      };
    },
    run: ({ id, name, args = {} }, signal) =>
      link.ask(
        'run-tool',
        { toolCallId: id, name, args, agentId: selection.agentId, sessionKey, runId, byStranger },
        { timeoutMs: toolRunLimits.longestMs, signal },
      ),
  };
}
