/** Connections of role `node` as the links over which nodes are reached. */
import type { DeviceRegistry } from '../devices/device-registry.js';
import type { ConnectedNodes, NodeLink } from '../nodes/connected-nodes.js';
import type { NodeInvokes } from '../nodes/node-invokes.js';
import { toError } from '../../shared/to-error.js';
import type { Connection } from './connection.js';

export interface NodeConnectionOptions {
  readonly devices: Pick<DeviceRegistry, 'seen'>;
  readonly nodes: ConnectedNodes;
  readonly invokes: NodeInvokes;
  failed(error: Error): void;
}

export interface NodeConnections {
  opened(connection: Connection): void;
  closed(connection: Connection): void;
}

export function createNodeConnections(options: NodeConnectionOptions): NodeConnections {
  const { devices, nodes, invokes } = options;
  const links = new Map<Connection, NodeLink>();
  return {
    opened(connection) {
      const link = linkOf(connection);
      if (!link) return;
      links.set(connection, link);
      nodes.add(link);
    },
    closed(connection) {
      const link = links.get(connection);
      if (!link) return;
      links.delete(connection);
      nodes.remove(link);
      invokes.gone(link);
      devices.seen(link.nodeId).catch((caught: unknown) => options.failed(toError(caught)));
    },
  };
}

function linkOf(connection: Connection): NodeLink | undefined {
  const { session, remote } = connection;
  if (!session?.node || !session.device) return undefined;
  const { client, caps, node, device } = session;
  return {
    nodeId: device.deviceId,
    connectedAtMs: Date.now(),
    remoteIp: remote.address,
    client,
    caps: [...caps],
    ...node,
    send: (frame) => connection.send(frame),
  };
}
