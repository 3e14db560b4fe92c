/** What the page that comes with the gateway does beside showing it: it connects as a device and holds a conversation. */
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

/** As built, since a browser's types are not those of this program. */
interface Built {
  openDevice(store: { read(): Promise<unknown>; write(keys: unknown): Promise<void> }): Promise<Device>;
  connect(options: object): Promise<Connection>;
  createChat(
    connection: Connection,
    sessionKey: string,
    changed: () => void,
    outbox?: Map<string, string>,
  ): Chat;
}

interface Device {
  readonly id: string;
}

interface Connection {
  readonly hello: {
    readonly auth: { readonly deviceToken?: string; readonly scopes: readonly string[] };
    readonly snapshot: { readonly sessionDefaults: { readonly mainSessionKey: string } };
  };
  close(): void;
}

interface Chat {
  readonly lines: readonly { readonly role: string; readonly text: string }[];
  readonly busy: boolean;
  load(): Promise<void>;
  send(message: string): Promise<void>;
  stop(): Promise<void>;
  received(payload: unknown): void;
}

async function built(): Promise<Built> {
  const parts = await Promise.all(
    ['device', 'connection', 'chat'].map(
      (name) => import(new URL(`../../dist/ui/${name}.js`, import.meta.url).href) as Promise<object>,
    ),
  );
  return Object.assign({}, ...parts) as Built;
}

let gateway: TestGateway;
let page: Built;
beforeAll(async () => {
  gateway = await startGateway({ env: { PLLAN_TEST_TICK_MS: '1500' } });
  page = await built();
  // A browser's, which says which page it belongs to.
  const ofPage = class extends WebSocket {
    constructor(url: string) {
      super(url, { origin: gateway.url });
    }
    override close(code?: number, reason?: string): void {
      closedWith.push([code, reason]);
      super.close(code, reason);
    }
  };
  vi.stubGlobal('WebSocket', ofPage);
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await gateway.stop();
});

function memory(): { read(): Promise<unknown>; write(keys: unknown): Promise<void> } {
  let kept: unknown;
  return { read: async () => kept, write: async (keys) => void (kept = keys) };
}

const closedWith: unknown[] = [];
const events: { name: string; payload: unknown }[] = [];
let listener: ((payload: unknown) => void) | undefined;

function connect(
  device: Device,
  credentials: object,
  closed = (_reason: string): void => {},
): Promise<Connection> {
  return page.connect({
    url: `${gateway.wsUrl}/`,
    device,
    credentials: { secret: undefined, deviceToken: undefined, ...credentials },
    version: 'test',
    event(name: string, payload: unknown) {
      events.push({ name, payload });
      if (name === 'chat') listener?.(payload);
    },
    closed,
  });
}

it('is the same device each time, and gets a token of its own', async () => {
  const store = memory();
  const device = await page.openDevice(store);
  expect((await page.openDevice(store)).id).toBe(device.id);
  const first = await connect(device, { secret: TOKEN });
  const { deviceToken, scopes } = first.hello.auth;
  expect(scopes).toEqual(['operator.read', 'operator.write']);
  first.close();
  const second = await connect(device, { deviceToken });
  expect(second.hello.auth.scopes).toEqual(scopes);
  second.close();
});

it('is told when its credential is wrong', async () => {
  const device = await page.openDevice(memory());
  await expect(connect(device, { secret: 'wrong' })).rejects.toMatchObject({
    name: 'Refused',
    details: { code: 'AUTH_TOKEN_MISMATCH' },
  });
});

it('holds a conversation, and shows it again', async () => {
  const device = await page.openDevice(memory());
  const connection = await connect(device, { secret: TOKEN });
  const { mainSessionKey } = connection.hello.snapshot.sessionDefaults;
  const chat = page.createChat(connection, mainSessionKey, () => {});
  listener = chat.received;
  await chat.load();
  expect(chat.lines).toEqual([]);
  await chat.send('Hello');
  await waitFor('the answer', () => !chat.busy);
  const said = [
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'Hello' },
  ];
  expect(chat.lines).toEqual(said);

  await chat.send('/wait 30000');
  expect(chat.busy).toBe(true);
  await chat.stop();
  await waitFor('the end of it', () => !chat.busy);
  expect(chat.lines).toEqual([...said, { role: 'user', text: '/wait 30000' }]);

  const other = page.createChat(connection, mainSessionKey, () => {});
  await other.load();
  expect(other.lines.slice(0, 2)).toEqual(said);
  connection.close();
});

it('sends what was written while there was no connection, once there is one', async () => {
  const device = await page.openDevice(memory());
  const lost = await connect(device, { secret: TOKEN });
  const { mainSessionKey } = lost.hello.snapshot.sessionDefaults;
  const outbox = new Map<string, string>();
  const before = page.createChat(lost, mainSessionKey, () => {}, outbox);
  lost.close();
  // One after the other: the second waits for its turn when the page asks what was said.
  await before.send('/wait 300');
  await before.send('Written meanwhile');
  expect(before.lines.map(({ text }) => text)).toEqual(['/wait 300', '', 'Written meanwhile', '']);

  const connection = await connect(device, { secret: TOKEN });
  const chat = page.createChat(connection, mainSessionKey, () => {}, outbox);
  listener = chat.received;
  await chat.load();
  const said = (): string[] =>
    chat.lines.filter(({ text }) => text === 'Written meanwhile').map(({ role }) => role);
  expect(said()).toEqual(['user']);
  await waitFor('the answer', () => said().length === 2);
  expect(said()).toEqual(['user', 'assistant']);
  expect(chat.lines.at(-1)).toEqual({ role: 'assistant', text: 'Written meanwhile' });
  expect(outbox.size).toBe(0);
  connection.close();
});

it('sends again what may have been lost with the connection, and it is said once', async () => {
  const device = await page.openDevice(memory());
  const connection = await connect(device, { secret: TOKEN });
  const { mainSessionKey } = connection.hello.snapshot.sessionDefaults;
  const outbox = new Map<string, string>();
  const chat = page.createChat(connection, mainSessionKey, () => {}, outbox);
  listener = chat.received;
  const sent = chat.send('Only once');
  const [key = ''] = outbox.keys();
  await sent;
  await waitFor('the answer', () => !chat.busy);
  expect(outbox.size).toBe(0);

  outbox.set(key, 'Only once');
  await chat.load();
  expect(chat.lines.filter(({ text }) => text === 'Only once').map(({ role }) => role)).toEqual([
    'user',
    'assistant',
  ]);
  connection.close();
});

it('gives up a gateway that is stopped, with 4000 and once', async () => {
  const device = await page.openDevice(memory());
  const closed: string[] = [];
  await connect(device, { secret: TOKEN }, (reason) => closed.push(reason));
  process.kill(gateway.pid, 'SIGSTOP');
  try {
    await waitFor('the end of its patience', () => closed.length > 0);
    expect(closedWith.at(-1)).toEqual([4000, 'tick timeout']);
  } finally {
    process.kill(gateway.pid, 'SIGCONT');
  }
  const again = await connect(device, { secret: TOKEN });
  expect(closed).toEqual(['The gateway does not answer.']);
  again.close();
});
