/**
 * Commands that nodes are asked to run (methods.md §10, `node.invoke`). Each ends once:
 *
 *   invoke ──▶ open ──result, time over, node gone──▶ answered
 *     └── not sent: no such node, command not allowed, too many open
 *
 * A result that comes later finds nothing.
 */
import { randomUUID } from 'node:crypto';
import { nodeLimits } from '../../shared/limits.js';
import { encodeUnnumbered } from '../../shared/protocol/events.js';
import type { CommandPolicy } from './command-policy.js';
import type { ConnectedNodes, NodeLink } from './connected-nodes.js';

export interface NodeCommand {
  readonly nodeId: string;
  readonly command: string;
  /** JSON text of the request's `paramsJSON`. */
  readonly paramsJSON: string;
  readonly timeoutMs: number;
  readonly idempotencyKey: string;
}

export type NodeResult = { readonly ok: true; readonly payload: NodePayload } | NodeFailure;

/** Both as JSON text. */
export interface NodePayload {
  readonly payload: string;
  /** What the node sent in place of a payload and is not JSON; else `null`. */
  readonly payloadJSON: string;
}

export interface NodeFailure {
  readonly ok: false;
  /** `NOT_CONNECTED`, `TIMEOUT`, `NOT_ALLOWED`, `BUSY`, or the node's own. */
  readonly code: string;
  readonly message: string;
}

/** Whether the node was asked. */
export type NodeAttempt =
  | { readonly sent: true; readonly result: Promise<NodeResult> }
  | { readonly sent: false; readonly failure: NodeFailure };

export interface NodeInvokes {
  invoke(command: NodeCommand): NodeAttempt;
  /** A node's answer; false when nobody waits for it (any more). */
  answered(nodeId: string, id: string, result: NodeResult): boolean;
  /** What was asked over this connection will not be answered. */
  gone(link: NodeLink): void;
}

interface Open {
  readonly link: NodeLink;
  end(result: NodeResult): void;
}

export function createNodeInvokes(nodes: ConnectedNodes, allows: CommandPolicy): NodeInvokes {
  const open = new Map<string, Open>();

  const obstacle = (link: NodeLink, command: string): NodeFailure | undefined => {
    if (!link.commands.includes(command)) return notAllowed(`the node does not declare "${command}"`);
    if (!allows(command)) return notAllowed(`gateway.nodes.commands does not allow "${command}"`);
    const ofNode = [...open.values()].filter((one) => one.link.nodeId === link.nodeId).length;
    if (ofNode >= nodeLimits.openPerNode || open.size >= nodeLimits.open)
      return failure('BUSY', 'too many requests wait for nodes; try again shortly');
    return undefined;
  };

  const ask = (link: NodeLink, command: NodeCommand): Promise<NodeResult> =>
    new Promise((resolve) => {
      const id = randomUUID();
      const timeoutMs = Math.min(command.timeoutMs, nodeLimits.invokeMaxMs);
      const end = (result: NodeResult): void => {
        clearTimeout(timer);
        open.delete(id);
        resolve(result);
      };
      const timer = setTimeout(() => end(failure('TIMEOUT', 'node invoke timed out')), timeoutMs);
      open.set(id, { link, end });
      const { nodeId, command: name, paramsJSON, idempotencyKey } = command;
      const head = JSON.stringify({ id, nodeId, command: name }).slice(0, -1);
      const tail = JSON.stringify({ timeoutMs, idempotencyKey }).slice(1);
      link.send(encodeUnnumbered('node.invoke.request', `${head},"paramsJSON":${paramsJSON},${tail}`));
    });

  return {
    invoke(command) {
      const link = nodes.get(command.nodeId);
      if (!link) return { sent: false, failure: failure('NOT_CONNECTED', 'node not connected') };
      const failed = obstacle(link, command.command);
      return failed ? { sent: false, failure: failed } : { sent: true, result: ask(link, command) };
    },
    answered(nodeId, id, result) {
      const asked = open.get(id);
      if (asked?.link.nodeId !== nodeId) return false;
      asked.end(result);
      return true;
    },
    gone(link) {
      for (const asked of open.values())
        if (asked.link === link) asked.end(failure('NOT_CONNECTED', 'node disconnected'));
    },
  };
}

function notAllowed(why: string): NodeFailure {
  return failure('NOT_ALLOWED', `node command not allowed: ${why}`);
}

function failure(code: string, message: string): NodeFailure {
  return { ok: false, code, message };
}
