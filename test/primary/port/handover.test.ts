/** The ways of a connection between the port and a worker, with real sockets and workers that only take notes. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandover, type Handover, type HandoverTarget } from '../../../src/primary/port/handover.js';
import { portLimits } from '../../../src/shared/limits.js';
import { openRaw, type RawConnection } from '../../support/raw-connection.js';
import { within } from '../../support/wait-for.js';

interface FakeWorker extends HandoverTarget {
  connections: number;
  /** Heads of what it was sent, and the id to acknowledge each with. */
  readonly got: { readonly id: number; readonly head: string; readonly socket: Socket }[];
  ready: boolean;
}

function fakeWorker(slot: number): FakeWorker {
  const worker: FakeWorker = {
    slot,
    connections: 0,
    got: [],
    ready: true,
    addConnection: () => void (worker.connections += 1),
    returnConnection: () => void (worker.connections -= 1),
    sendConnection: ({ id, head }, socket) => void worker.got.push({ id, head, socket }),
  };
  return worker;
}

let listener: Server;
const clients: RawConnection[] = [];
let workers: FakeWorker[];
let degraded: boolean;
let counts: Record<string, number>;
let handover: Handover;

beforeAll(async () => {
  listener = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void listener.close());

beforeEach(() => {
  workers = [fakeWorker(1), fakeWorker(2)];
  degraded = false;
  counts = { taken: 0, refused: 0, returned: 0 };
  handover = createHandover({
    targets: () => workers.filter(({ ready }) => ready),
    degraded: () => degraded,
    count: (outcome) => void (counts[outcome] = (counts[outcome] ?? 0) + 1),
  });
});
afterEach(() => {
  vi.useRealTimers();
  handover.close();
  for (const client of clients.splice(0)) client.destroy();
});

/** A client, and the gateway's end of its connection. */
async function connection(): Promise<{ client: RawConnection; socket: Socket }> {
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const client = await openRaw((listener.address() as AddressInfo).port);
  clients.push(client);
  const [socket] = await within('connection', accepted);
  return { client, socket };
}

async function give(head = 'GET / HTTP/1.1\r\n\r\n'): Promise<{ client: RawConnection; socket: Socket }> {
  const pair = await connection();
  handover.give(pair.socket, Buffer.from(head, 'latin1'));
  return pair;
}

/** The worker says that it has what it was sent last. */
function take(worker: FakeWorker): void {
  handover.taken(worker, worker.got.at(-1)?.id ?? -1);
}

function nobodyReady(): void {
  for (const worker of workers) worker.ready = false;
}

function becomesReady(worker: FakeWorker): void {
  worker.ready = true;
  handover.ready();
}

async function refusal(client: RawConnection): Promise<void> {
  vi.useRealTimers();
  const [answer] = await client.answered(1);
  expect(answer).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1', connection: 'close', 'content-type': 'application/json; charset=utf-8' },
  });
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ error: { type: 'service_unavailable' } });
  await within('end', client.ended);
}

const [first, second] = [() => workers[0] as FakeWorker, () => workers[1] as FakeWorker];

describe('a connection', () => {
  it('goes to the worker with the fewest, its first bytes unchanged', async () => {
    first().connections = 3;
    const head = `POST /\u00ff\u0000 HTTP/1.1\r\n\r\n`;
    const { socket } = await give(head);
    expect(second().got).toEqual([{ id: expect.any(Number), head, socket }]);
    expect(second().connections).toBe(1);
  });

  it('is closed here, without a word to the client, once it was taken', async () => {
    const { client, socket } = await give();
    expect(socket.destroyed).toBe(false);
    take(first());
    expect(socket.destroyed).toBe(true);
    expect(counts).toEqual({ taken: 1, refused: 0, returned: 0 });
    expect(client.received()).toBe('');
  });

  it('is sent alone: the next of the same worker waits until this one was taken', async () => {
    second().ready = false;
    await give('a');
    await give('b');
    await give('c');
    expect(first().got.map(({ head }) => head)).toEqual(['a']);
    expect(first().connections).toBe(3);
    take(first());
    expect(first().got.map(({ head }) => head)).toEqual(['a', 'b']);
  });

  it('in a burst is spread over the workers', async () => {
    for (let i = 0; i < 10; i += 1) await give();
    expect([first().connections, second().connections]).toEqual([5, 5]);
  });

  it('that is taken by a name that nobody gave stays', async () => {
    const { socket } = await give();
    handover.taken(first(), 999);
    handover.taken(second(), first().got[0]?.id ?? 0);
    expect(socket.destroyed).toBe(false);
    expect(counts.taken).toBe(0);
  });
});

describe('without a ready worker', () => {
  beforeEach(nobodyReady);

  it('a connection waits for one', async () => {
    await give('waits');
    expect(handover.waiting).toBe(1);
    becomesReady(second());
    expect(handover.waiting).toBe(0);
    expect(second().got.map(({ head }) => head)).toEqual(['waits']);
  });

  it('it is refused with 503 when its time is over', async () => {
    const { client, socket } = await connection();
    vi.useFakeTimers();
    handover.give(socket, Buffer.from('x'));
    vi.advanceTimersByTime(portLimits.waitingMs - 1);
    expect(handover.waiting).toBe(1);
    vi.advanceTimersByTime(1);
    expect(handover.waiting).toBe(0);
    await refusal(client);
    expect(counts).toEqual({ taken: 0, refused: 1, returned: 0 });
    becomesReady(first());
    expect(first().got).toEqual([]);
  });

  it('it is refused at once when none will come soon', async () => {
    degraded = true;
    const { client } = await give();
    await refusal(client);
  });

  it('only so many wait', async () => {
    for (let i = 0; i < portLimits.waitingConnections; i += 1) await give();
    expect(counts.refused).toBe(0);
    const { client } = await give();
    expect(handover.waiting).toBe(portLimits.waitingConnections);
    await refusal(client);
  });

  it('its time does not run on while it stands in the queue of a worker', async () => {
    const pairs = [await connection(), await connection()];
    vi.useFakeTimers();
    for (const { socket } of pairs) handover.give(socket, Buffer.from('x'));
    vi.advanceTimersByTime(portLimits.waitingMs - 1);
    becomesReady(first());
    vi.advanceTimersByTime(portLimits.offerMs);
    take(first());
    vi.advanceTimersByTime(portLimits.offerMs);
    expect(counts.refused).toBe(0);
    take(first());
    expect(counts).toEqual({ taken: 2, refused: 0, returned: 0 });
  });
});

describe('when a worker dies', () => {
  beforeEach(() => void (second().ready = false));

  it('what it had not taken goes to another, the one in flight first', async () => {
    await give('in flight');
    await give('queued');
    first().ready = false;
    second().ready = true;
    handover.lost(first());
    expect(second().got.map(({ head }) => head)).toEqual(['in flight']);
    take(second());
    expect(second().got.map(({ head }) => head)).toEqual(['in flight', 'queued']);
    expect(counts).toEqual({ taken: 1, refused: 0, returned: 2 });
  });

  it('what it had taken is its own', async () => {
    await give();
    take(first());
    first().ready = false;
    handover.lost(first());
    expect(handover.waiting).toBe(0);
    expect(counts.returned).toBe(0);
  });

  it('a late word from it counts for nothing', async () => {
    const { socket } = await give();
    const id = first().got[0]?.id ?? 0;
    first().ready = false;
    handover.lost(first());
    handover.taken(first(), id);
    expect(socket.destroyed).toBe(false);
    expect(handover.waiting).toBe(1);
  });

  it('and no other is ready, its connections wait, but not for ever, also those that had waited before', async () => {
    nobodyReady();
    const { client, socket } = await connection();
    vi.useFakeTimers();
    handover.give(socket, Buffer.from('x'));
    becomesReady(first());
    expect(first().got).toHaveLength(1);
    first().ready = false;
    handover.lost(first());
    expect(handover.waiting).toBe(1);
    vi.advanceTimersByTime(portLimits.waitingMs);
    expect(handover.waiting).toBe(0);
    await refusal(client);
  });
});

describe('when a worker does not answer', () => {
  it('what stands in its queue goes to another; what is in flight stays, it may yet be taken', async () => {
    second().ready = false;
    await give('in flight');
    await give('queued');
    first().ready = false;
    second().ready = true;
    handover.suspect(first());
    expect(second().got.map(({ head }) => head)).toEqual(['queued']);
    expect(first().connections).toBe(1);
    take(first());
    expect(counts).toEqual({ taken: 1, refused: 0, returned: 1 });
  });
});

describe('an offer that no worker takes', () => {
  const { offerMs, offerGraceMs, offerSweepMs, waitingMs } = portLimits;
  const EXPIRY_MS = offerMs + offerGraceMs + offerSweepMs;
  const heads = (worker: FakeWorker): string[] => worker.got.map(({ head }) => head);

  /** As many connections as there are heads, given to the first worker, at a time that the test makes pass. */
  async function giveToFirst(...names: readonly string[]): Promise<RawConnection[]> {
    second().ready = false;
    const pairs: { readonly client: RawConnection; readonly socket: Socket; readonly head: string }[] = [];
    for (const head of names) pairs.push({ ...(await connection()), head });
    vi.useFakeTimers();
    for (const { socket, head } of pairs) handover.give(socket, Buffer.from(head));
    return pairs.map(({ client }) => client);
  }
  const idOf = (worker: FakeWorker, head: string): number =>
    worker.got.findLast((offer) => offer.head === head)?.id ?? -1;

  it('goes to another, and what stands behind it', async () => {
    await giveToFirst('in flight', 'queued');
    second().ready = true;
    vi.advanceTimersByTime(offerMs + offerGraceMs - 1);
    expect(second().got).toEqual([]);
    vi.advanceTimersByTime(offerSweepMs + 1);
    expect(heads(second())).toEqual(['in flight']);
    take(second());
    expect(heads(second())).toEqual(['in flight', 'queued']);
    expect([first().connections, second().connections]).toEqual([0, 2]);
    expect(counts).toEqual({ taken: 1, refused: 0, returned: 2 });
  });

  it('is the last that its worker gets until it has answered', async () => {
    await giveToFirst('silence');
    second().ready = true;
    vi.advanceTimersByTime(EXPIRY_MS);
    take(second());
    second().ready = false;
    await giveToFirst('another');
    expect(heads(first())).toEqual(['silence']);
    expect(handover.waiting).toBe(1);
    handover.declined(first(), idOf(first(), 'silence'));
    expect(heads(first())).toEqual(['silence', 'another']);
    expect(counts).toEqual({ taken: 1, refused: 0, returned: 1 });
  });

  it('that it declined goes to another, or to itself again', async () => {
    await giveToFirst('late', 'queued');
    handover.declined(first(), idOf(first(), 'late'));
    expect(heads(first())).toEqual(['late', 'queued']);
    expect(first().connections).toBe(2);
    take(first());
    expect(heads(first())).toEqual(['late', 'queued', 'late']);
    vi.advanceTimersByTime(offerMs);
    take(first());
    expect(counts).toEqual({ taken: 2, refused: 0, returned: 1 });
  });

  it('is refused when it has become too old, whoever had it meanwhile', async () => {
    const [client] = await giveToFirst('old');
    vi.advanceTimersByTime(EXPIRY_MS);
    expect(handover.waiting).toBe(1);
    vi.advanceTimersByTime(waitingMs - EXPIRY_MS);
    expect(handover.waiting).toBe(0);
    await refusal(client as RawConnection);
    handover.declined(first(), idOf(first(), 'old'));
    expect(counts).toEqual({ taken: 0, refused: 1, returned: 1 });
  });

  it('counts once when its worker dies at that moment', async () => {
    await giveToFirst('dying');
    second().ready = true;
    vi.advanceTimersByTime(EXPIRY_MS);
    first().ready = false;
    handover.lost(first());
    expect(heads(second())).toEqual(['dying']);
    expect(counts.returned).toBe(1);
  });
});

describe('after close', () => {
  it('what waits is refused, and what comes; what has a worker goes on', async () => {
    second().ready = false;
    await give('in flight');
    await give('queued');
    first().ready = false;
    const { client: waiting } = await give();
    handover.close();
    await refusal(waiting);
    first().ready = true;
    const { client: late } = await give();
    await refusal(late);
    take(first());
    expect(first().got.map(({ head }) => head)).toEqual(['in flight', 'queued']);
  });
});
