/** Events and their numbers, as several clients see the same changes (protocol.md §13, §14). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

/** Auth mode none: clients of every kind keep the scopes that they ask for. */
let gateway: TestGateway;
const clients: ControlClient[] = [];

beforeAll(async () => {
  gateway = await startGateway({ config: { gateway: { auth: { mode: 'none' } } } });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => gateway.stop());

type Entry = Readonly<Record<string, unknown>>;

interface Told extends Frame {
  readonly stateVersion: { readonly presence: number; readonly health: number };
}

interface Client extends ControlClient {
  readonly hello: Frame;
  /** As it came. */
  readonly raw: readonly string[];
}

let names = 0;

async function open(scopes: readonly string[], client: Entry = {}): Promise<Client> {
  const params = {
    client: { id: 'pllan-tui', mode: 'ui', version: '7.0.0', platform: 'linux', ...client },
    scopes,
    auth: undefined,
  };
  const connected = await connectControl(gateway.wsUrl, { params });
  const raw: string[] = [];
  connected.socket.on('message', (data: Buffer) => raw.push(data.toString('utf8')));
  clients.push(connected);
  return Object.assign(connected, { raw });
}

interface Visitor extends Entry {
  readonly displayName: string;
  readonly instanceId: string;
}

function visitor(): Visitor {
  names += 1;
  return { displayName: `visitor ${names}`, instanceId: `i-${names}` };
}

function told(client: ControlClient, name?: string): Told[] {
  const events = client.frames.filter(
    ({ type, event }) => type === 'event' && event !== 'connect.challenge' && (name ?? event) === event,
  );
  return events as Told[];
}

/** The entry of a visitor, once one is there with this reason. */
function entry(client: ControlClient, who: Pick<Visitor, 'displayName'>, reason: string): Promise<Entry> {
  return waitFor(`${who.displayName} ${reason}`, () =>
    told(client, 'presence')
      .flatMap(({ payload }) => payload?.presence as Entry[])
      .find((one) => one.host === who.displayName && one.reason === reason),
  );
}

describe('presence', () => {
  it('is the first event of whoever is tracked and may read, its own entry in it', async () => {
    const me = visitor();
    const client = await open(['operator.read'], me);
    const first = await waitFor('an event', () => told(client)[0]);
    expect(first).toMatchObject({ event: 'presence', seq: 1 });
    expect((await entry(client, me, 'connect')).instanceId).toBe(me.instanceId);
    const snapshot = client.hello.payload?.snapshot as { stateVersion: Told['stateVersion'] };
    expect(first.stateVersion.presence).toBeGreaterThan(snapshot.stateVersion.presence);
    expect(first.stateVersion.health).toBeGreaterThanOrEqual(snapshot.stateVersion.health);
  });

  it('shows a client as it described itself, without the address of a local one, and its end', async () => {
    const watcher = await open(['operator.read']);
    const who = { ...visitor(), deviceFamily: 'Linux', modelIdentifier: 'PC', platform: 'linux 6' };
    const seen = await open(['operator.write'], who);
    expect(await entry(watcher, who, 'connect')).toEqual({
      host: who.displayName,
      version: '7.0.0',
      platform: 'linux 6',
      deviceFamily: 'Linux',
      modelIdentifier: 'PC',
      mode: 'ui',
      reason: 'connect',
      roles: ['operator'],
      scopes: ['operator.write'],
      instanceId: who.instanceId,
      text: expect.stringContaining(`${who.displayName} · app 7.0.0 · mode ui · reason connect`),
      ts: expect.any(Number),
    });
    await seen.close();
    expect(await entry(watcher, who, 'disconnect')).toMatchObject({ mode: 'ui' });
  });

  it('does not show command lines, backends and probes', async () => {
    const watcher = await open(['operator.read']);
    const passing = [
      { id: 'cli', mode: 'cli', ...visitor() },
      { id: 'gateway-client', mode: 'backend', ...visitor() },
      { id: 'pllan-probe', mode: 'probe', ...visitor() },
    ];
    for (const client of passing) await open(['operator.admin'], client);
    const last = visitor();
    await open([], last);
    await entry(watcher, last, 'connect');
    const everything = JSON.stringify(told(watcher, 'presence'));
    for (const { displayName } of passing) expect(everything).not.toContain(displayName);
  });

  it('lists the newest first', async () => {
    const watcher = await open(['operator.read']);
    const who = visitor();
    await open([], who);
    await entry(watcher, who, 'connect');
    const list = (await watcher.call('system-presence')).payload as unknown as {
      ts: number;
      reason: string;
    }[];
    const times = list.filter(({ reason }) => reason !== 'self').map(({ ts }) => ts);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('is not for whoever may not read', async () => {
    const stranger = await open([]);
    const watcher = await open(['operator.read']);
    const who = visitor();
    await open([], who);
    await entry(watcher, who, 'connect');
    await stranger.call('health', { probe: true });
    await waitFor('a health event', () => told(stranger, 'health').length > 0);
    expect(told(stranger, 'presence')).toEqual([]);
  });
});

/** The next health event of a client that asks for one. */
async function nextHealth(client: ControlClient): Promise<Told> {
  const before = told(client, 'health').length;
  await client.call('health', { probe: true });
  return waitFor('a health event', () => told(client, 'health')[before]);
}

describe('health', () => {
  it('is told to everyone after a refresh, with a version that only rises', async () => {
    const admin = await open(['operator.admin']);
    const stranger = await open([]);
    for (let i = 0; i < 3; i += 1) await nextHealth(admin);
    const last = told(admin, 'health').at(-1);
    await waitFor('the last', () =>
      told(stranger, 'health').find(({ payload }) => payload?.ts === last?.payload?.ts),
    );
    for (const client of [admin, stranger]) {
      const versions = told(client, 'health').map(({ stateVersion }) => stateVersion.health);
      expect(versions.length).toBeGreaterThanOrEqual(3);
      expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    }
    expect((await admin.call('health')).payload).toEqual(last?.payload);
  });

  it('shows paths to admins only', async () => {
    const admin = await open(['operator.admin']);
    const stranger = await open(['operator.write']);
    await admin.call('health', { probe: true });
    const told1 = await admin.frame('health event', ({ event }) => event === 'health');
    const told2 = await stranger.frame('health event', ({ event }) => event === 'health');
    expect(JSON.stringify(told1)).toContain(gateway.stateDir);
    expect(JSON.stringify(told2)).not.toContain(gateway.stateDir);
    expect(told2.payload).toMatchObject({ sessions: { path: '[redacted]' } });
  });

  it('asked for without probe comes from the cache, and a refresh follows', async () => {
    const client = await open(['operator.admin']);
    const [{ payload: first }, { payload: second }] = [
      await client.call('health'),
      await client.call('health'),
    ];
    expect(second?.ts).toBe(first?.ts);
    await waitFor('a newer one', () =>
      told(client, 'health').find(({ payload }) => (payload?.ts as number) > (second?.ts as number)),
    );
  });
});

describe('the numbers of events', () => {
  it('count for each connection what it was sent, without gaps, whatever others see', async () => {
    const reader = await open(['operator.read']);
    const stranger = await open([]);
    for (let i = 0; i < 5; i += 1) {
      const who = visitor();
      const visiting = await open([], who);
      await entry(reader, who, 'connect');
      await reader.call('health', { probe: true });
      await visiting.close();
      await entry(reader, who, 'disconnect');
    }
    await waitFor('a health event', () => told(stranger, 'health').length > 0);
    for (const client of [reader, stranger]) {
      const events = told(client);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    }
    expect(told(stranger).every(({ event }) => event === 'health')).toBe(true);
    expect(told(reader, 'presence').length).toBeGreaterThanOrEqual(10);
  });

  it('stand between payload and state version', async () => {
    const client = await open(['operator.read']);
    const who = visitor();
    await open([], who);
    await entry(client, who, 'connect');
    await nextHealth(client);
    const events = client.raw.filter((text) => text.startsWith('{"type":"event"'));
    expect(events.length).toBeGreaterThanOrEqual(2);
    for (const text of events) {
      expect(text).toMatch(
        /^\{"type":"event","event":"(presence|health)","payload":\{.*\},"seq":\d+,"stateVersion":\{"presence":\d+,"health":\d+\}\}$/,
      );
    }
  });

  it('stand on nothing but events', async () => {
    const client = await open(['operator.read']);
    await nextHealth(client);
    for (const frame of client.frames)
      expect(frame.seq !== undefined).toBe(told(client).includes(frame as Told));
  });
});
