/** `node.list`, `.describe`, `.rename`, `.invoke`, and what nodes call: `node.invoke.result`, `node.event` (methods.md §10). */
import type { DeviceRegistry } from '../../devices/device-registry.js';
import type { ConnectedNodes } from '../../nodes/connected-nodes.js';
import type { NodeFailure, NodeInvokes } from '../../nodes/node-invokes.js';
import { isNode, nodeRow, nodeRows } from '../../nodes/node-rows.js';
import type { Dedupe } from '../dedupe.js';
import { mayManage } from './device-rights.js';
import { invalidRequest, method, RpcError, type Method } from './method.js';

export interface NodeMethodServices {
  readonly devices: DeviceRegistry;
  readonly nodes: ConnectedNodes;
  readonly invokes: NodeInvokes;
  readonly dedupe: Dedupe;
}

export function nodeMethods({ devices, nodes, invokes, dedupe }: NodeMethodServices): readonly Method[] {
  return [
    method({
      name: 'node.list',
      scope: 'operator.read',
      summary: 'The nodes, paired or connected.',
      answers:
        '`{ts, nodes: [{nodeId, displayName, platform, caps, commands, paired, connected, …}]}`, connected ones first, then by name.',
      async answer() {
        const { paired } = await devices.list();
        const ts = Date.now();
        return JSON.stringify({ ts, nodes: nodeRows(paired, nodes.all(), ts) });
      },
    }),
    method({
      name: 'node.describe',
      scope: 'operator.read',
      summary: 'One node.',
      answers: 'Its row of `node.list`, and `ts`.',
      async answer({ nodeId }) {
        const paired = await devices.paired(nodeId);
        const device = paired && isNode(paired) ? paired : undefined;
        const link = nodes.get(nodeId);
        if (!device && !link) throw invalidRequest('unknown nodeId');
        const ts = Date.now();
        return JSON.stringify({ ts, ...nodeRow({ nodeId, device, link }, ts) });
      },
    }),
    method({
      name: 'node.rename',
      scope: 'operator.pairing',
      summary: 'Gives a node a name.',
      answers: '`{nodeId, displayName}`',
      async answer({ nodeId, displayName }, caller) {
        const name = displayName.trim();
        if (name === '') throw invalidRequest('displayName required');
        const device = await devices.paired(nodeId);
        if (!device || !isNode(device) || !mayManage(caller, nodeId) || !(await devices.rename(nodeId, name)))
          throw invalidRequest('unknown nodeId');
        return JSON.stringify({ nodeId, displayName: name });
      },
    }),
    method({
      name: 'node.invoke',
      scope: 'operator.write',
      summary: 'Asks a connected node to run a command that it declares, and waits for what comes of it.',
      answers: '`{ok, nodeId, command, payload, payloadJSON}`',
      answer(asked) {
        const { nodeId, command, idempotencyKey } = asked;
        const known = dedupe.find('node.invoke', idempotencyKey);
        if (known) return known;
        const attempt = invokes.invoke(asked);
        // The key is used from here on: whatever comes of it, the node may have done what it was asked to.
        if (!attempt.sent) throw refusal(attempt.failure);
        const answer = attempt.result.then((result) => {
          if (!result.ok) throw refusal(result);
          const { payload, payloadJSON } = result.payload;
          const head = JSON.stringify({ ok: true, nodeId, command }).slice(0, -1);
          return `${head},"payload":${payload},"payloadJSON":${payloadJSON}}`;
        });
        return dedupe.keep('node.invoke', idempotencyKey, answer);
      },
    }),
    method({
      name: 'node.invoke.result',
      role: 'node',
      scope: null,
      summary: 'What came of a command.',
      answers: '`{ok: true}`, with `ignored: true` when nobody waits for it any more.',
      answer({ id, nodeId, result }, { session }) {
        if (session?.device?.deviceId !== nodeId) throw invalidRequest('nodeId does not match the device');
        return JSON.stringify({ ok: true, ...(!invokes.answered(nodeId, id, result) && { ignored: true }) });
      },
    }),
    method({
      name: 'node.event',
      role: 'node',
      scope: null,
      summary: 'What a node tells; without effect yet.',
      answers: '`{ok: true}`',
      // No event of a node means anything to this gateway yet.
      answer: () => '{"ok":true}',
    }),
  ];
}

function refusal({ code, message }: NodeFailure): RpcError {
  if (code === 'NOT_ALLOWED') return invalidRequest(message);
  const later = code === 'BUSY' ? { retryable: true, retryAfterMs: 1_000 } : {};
  return new RpcError({ code: 'UNAVAILABLE', message, details: { code }, ...later });
}
