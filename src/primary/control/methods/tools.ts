/** `tools.catalog`, `.effective`, `.invoke`: what workers know of tools, and do with them (methods.md §5). */
import { Unanswered } from '../../../shared/asking.js';
import { httpErrors } from '../../../shared/errors/catalogue.js';
import { toolRunLimits } from '../../../shared/tools/limits.js';
import { directCallLimits } from '../../../shared/tools/limits.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { ToolDefinition, ToolProfile } from '../../../shared/tools/definition.js';
import {
  directCaller,
  directFailure,
  type DirectCall,
  type DirectCaller,
  type DirectResult,
  type NamedCaller,
} from '../../../shared/tools/direct-call.js';
import { toolProfiles } from '../../../shared/tools/policy.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { Supervisor } from '../../workers/supervisor.js';
import type { Dedupe } from '../dedupe.js';
import { invalidRequest, method, RpcError, type Method } from './method.js';

export interface ToolMethodServices {
  readonly workers: Pick<Supervisor, 'ask'>;
  readonly sessions: Pick<Sessions, 'scheme'>;
  routes(): RouteTable;
  readonly dedupe: Dedupe;
  profileOf(agentId: string): ToolProfile;
}

export function toolMethods(services: ToolMethodServices): readonly Method[] {
  const { workers, sessions, routes, dedupe, profileOf } = services;
  const open = { calls: 0, chars: 0 };

  /** @throws RpcError */
  const callerOf = (name: string, named: NamedCaller): DirectCaller => {
    const caller = directCaller(named, sessions.scheme, (id) => Object.hasOwn(routes().agents, id));
    if ('problem' in caller) throw invalidRequest(`invalid ${name} params: ${caller.problem}`);
    return caller;
  };
  const listed = async (caller: DirectCaller | undefined): Promise<readonly ToolDefinition[]> => {
    try {
      const asked = workers.ask('list-tools', caller, { timeoutMs: directCallLimits.listMs });
      if (!asked) throw noWorker();
      return await asked;
    } catch (caught) {
      throw caught instanceof Unanswered ? noWorker() : caught;
    }
  };
  /** Begins the call. @throws RpcError when it cannot: nothing has happened then */
  const call = (asked: DirectCall): Promise<string> => {
    const chars = asked.args.length;
    if (open.calls >= directCallLimits.open || open.chars + chars > directCallLimits.openChars)
      throw later('too many calls of tools are running; try again shortly');
    const result = workers.ask('call-tool', asked, { timeoutMs: toolRunLimits.longestMs });
    if (!result) throw noWorker();
    open.calls += 1;
    open.chars += chars;
    return result.then(
      (outcome) => {
        ended(chars);
        return encoded(asked.name, outcome);
      },
      (caught: unknown) => {
        ended(chars);
        throw caught instanceof Unanswered ? lost(caught) : caught;
      },
    );
  };
  const ended = (chars: number): void => {
    open.calls -= 1;
    open.chars -= chars;
  };

  return [
    method({
      name: 'tools.catalog',
      scope: 'operator.read',
      summary: 'All tools that there are, and the profiles that give them to agents.',
      answers:
        '`{agentId, profiles: [{id, label}], groups: [{id, label, source, tools: [{id, label, description, source, defaultProfiles}]}]}`; `source` is `core` or `mcp`.',
      async answer({ agentId, includePlugins }) {
        const caller = callerOf('tools.catalog', { agentId });
        const tools = (await listed(undefined)).filter(({ source }) => includePlugins || source === 'core');
        return JSON.stringify({ agentId: caller.agentId, profiles: toolProfiles, groups: grouped(tools) });
      },
    }),
    method({
      name: 'tools.effective',
      scope: 'operator.read',
      summary: 'The tools that an agent has in a session.',
      answers: '`{agentId, profile, groups}`, groups as in `tools.catalog`.',
      async answer(asked) {
        const caller = callerOf('tools.effective', asked);
        const { agentId } = caller;
        const groups = grouped(await listed(caller));
        return JSON.stringify({ agentId, profile: profileOf(agentId), groups });
      },
    }),
    method({
      name: 'tools.invoke',
      scope: 'operator.write',
      summary:
        'Calls a tool without a model, as `POST /tools/invoke` does: with the tools of the agent, less those that `gateway.tools` keeps from direct calls.',
      answers:
        '`{ok: true, toolName, output: {content, details}}`, or `{ok: false, toolName, error: {code, message}}` with `code` `not_found`, `tool_call_blocked` or `tool_error`. A call whose worker dies is not repeated: `UNAVAILABLE` with `details.code` `WORKER_LOST`.',
      answer({ name, args, idempotencyKey, ...named }) {
        const asked = { caller: callerOf('tools.invoke', named), name, args };
        if (idempotencyKey === undefined) return call(asked);
        const known = dedupe.find('tools.invoke', idempotencyKey);
        return known ?? dedupe.keep('tools.invoke', idempotencyKey, call(asked));
      },
    }),
  ];
}

function encoded(name: string, result: DirectResult): string {
  const toolName = JSON.stringify(name);
  if (result.status === 'ok') return `{"ok":true,"toolName":${toolName},"output":${result.output}}`;
  const { error, message } = directFailure(result.kind, result.message);
  // Nothing has happened: another time it may.
  if (error === 'overloaded') throw later(message);
  return JSON.stringify({ ok: false, toolName: name, error: { code: httpErrors[error].type, message } });
}

const groupLabels: Readonly<Record<string, string>> = {
  fs: 'Files',
  runtime: 'Commands',
  web: 'Web',
  sessions: 'Sessions',
};

function grouped(tools: readonly ToolDefinition[]): readonly object[] {
  const groups = new Map<string, { id: string; label: string; source: string; tools: object[] }>();
  for (const { name, label, description, source, group, defaultProfiles } of tools) {
    const id = `${source} ${group}`;
    const known = groups.get(id) ?? { id: group, label: groupLabels[group] ?? group, source, tools: [] };
    known.tools.push({ id: name, label, description, source, defaultProfiles });
    groups.set(id, known);
  }
  return [...groups.values()];
}

function noWorker(): RpcError {
  return later('no worker is ready; try again shortly');
}

function later(message: string): RpcError {
  return new RpcError({ code: 'UNAVAILABLE', message, retryable: true, retryAfterMs: 500 });
}

/** Whatever the tool was to do, it may have done. */
function lost({ message }: Unanswered): RpcError {
  return new RpcError({
    code: 'UNAVAILABLE',
    message: `the call has no answer: ${message}`,
    retryable: false,
    details: { code: 'WORKER_LOST' },
  });
}
