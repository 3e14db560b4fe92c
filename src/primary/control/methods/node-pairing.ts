/** `node.pair.*`: the devices that are nodes, or want to be (methods.md §10). */
import type { DeviceRegistry } from '../../devices/device-registry.js';
import { isNode, pairedNode, pendingNode } from '../../nodes/node-rows.js';
import type { PairingRequest } from '../../../shared/store/records.js';
import type { Connection } from '../connection.js';
import { holds, mayManage } from './device-rights.js';
import { invalidRequest, method, type Method } from './method.js';

export function nodePairingMethods(devices: DeviceRegistry): readonly Method[] {
  /** @throws RpcError */
  const requestOf = async (requestId: string, caller: Connection): Promise<PairingRequest> => {
    const request = await devices.pending(requestId);
    if (!request || !isNode(request)) throw invalidRequest('unknown requestId');
    if (!mayManage(caller, request.deviceId)) throw invalidRequest('node pairing denied');
    return request;
  };
  return [
    method({
      name: 'node.pair.list',
      scope: 'operator.pairing',
      summary:
        "Nodes that wait for approval and those that have it; without `operator.admin` the caller's own.",
      answers: '`{pending, paired}`',
      async answer(_params, caller) {
        const { pending, paired } = await devices.list();
        const visible = (one: { readonly deviceId: string; readonly roles?: readonly string[] }): boolean =>
          isNode(one) && mayManage(caller, one.deviceId);
        return JSON.stringify({
          pending: pending.filter(visible).map(pendingNode),
          paired: paired.filter(visible).map(pairedNode),
        });
      },
    }),
    method({
      name: 'node.pair.approve',
      scope: 'operator.pairing',
      summary: 'Lets a node in. Nobody can give scopes that they do not have.',
      answers: '`{requestId, node}`',
      async answer({ requestId }, caller) {
        const { scopes = [] } = await requestOf(requestId, caller);
        if (!holds(caller, scopes)) throw invalidRequest('node pairing denied');
        const device = await devices.approve(requestId);
        if (!device) throw invalidRequest('unknown requestId');
        return JSON.stringify({ requestId, node: pairedNode(device) });
      },
    }),
    method({
      name: 'node.pair.reject',
      scope: 'operator.pairing',
      summary: 'Turns a node away.',
      answers: '`{requestId, nodeId}`',
      async answer({ requestId }, caller) {
        const { deviceId: nodeId } = await requestOf(requestId, caller);
        if (!(await devices.reject(requestId))) throw invalidRequest('unknown requestId');
        return JSON.stringify({ requestId, nodeId });
      },
    }),
    method({
      name: 'node.pair.remove',
      scope: 'operator.pairing',
      summary: 'Takes the role of a node from a device, which keeps its others; without any it is removed.',
      answers: '`{nodeId}`',
      async answer({ nodeId }, caller) {
        if (!mayManage(caller, nodeId) || !(await devices.removeRole(nodeId, 'node')))
          throw invalidRequest('unknown nodeId');
        return JSON.stringify({ nodeId });
      },
    }),
  ];
}
