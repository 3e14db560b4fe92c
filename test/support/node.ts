/** A node that is connected, and what it is asked. */
import { connectDevice, createDevice, type DeviceConnection, type TestDevice } from './device.js';
import { TOKEN, type TestGateway } from './gateway.js';
import type { Frame } from './control-client.js';

export interface NodeOptions {
  readonly device?: TestDevice;
  readonly displayName?: string;
  readonly commands?: readonly string[];
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestNode extends DeviceConnection {
  readonly nodeId: string;
  /** The payload of the request with this idempotency key. */
  asked(idempotencyKey: string): Promise<NodeRequest>;
}

export interface NodeRequest {
  readonly id: string;
  readonly [more: string]: unknown;
}

export async function connectNode(
  gateway: Pick<TestGateway, 'wsUrl'>,
  { device = createDevice(), displayName, commands = [], more, headers = {} }: NodeOptions = {},
): Promise<TestNode> {
  const client = {
    id: 'node-host',
    mode: 'node',
    platform: 'linux',
    ...(displayName === undefined ? {} : { displayName }),
  };
  const params = { client, role: 'node', auth: { token: TOKEN }, commands, ...more };
  const connected = await connectDevice(gateway.wsUrl, device, params, { headers });
  return Object.assign(connected, {
    nodeId: device.id,
    async asked(idempotencyKey: string) {
      const isIt = ({ event, payload }: Frame): boolean =>
        event === 'node.invoke.request' && payload?.idempotencyKey === idempotencyKey;
      return (await connected.frame('node.invoke.request', isIt)).payload as unknown as NodeRequest;
    },
  });
}
