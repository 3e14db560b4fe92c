/**
 * A gateway client written from the protocol's text alone: no code of the gateway is in it. It reads strictly, so that
 * whatever a stricter client than ours would refuse shows here.
 */
import * as v from 'valibot';
import { WebSocket } from 'ws';
import type { DeviceParams, TestDevice } from '../support/device.js';
import { within } from '../support/wait-for.js';

const text = v.pipe(v.string(), v.minLength(1));
const natural = v.pipe(v.number(), v.integer(), v.minValue(0));

const ErrorShape = v.strictObject({
  code: v.picklist(['INVALID_REQUEST', 'FORBIDDEN', 'NOT_PAIRED', 'UNAVAILABLE', 'APPROVAL_NOT_FOUND']),
  message: text,
  details: v.optional(v.unknown()),
  retryable: v.optional(v.boolean()),
  retryAfterMs: v.optional(natural),
});

const ResponseFrame = v.variant('ok', [
  v.strictObject({
    type: v.literal('res'),
    id: v.string(),
    ok: v.literal(true),
    payload: v.optional(v.unknown()),
  }),
  v.strictObject({
    type: v.literal('res'),
    id: v.string(),
    ok: v.literal(false),
    payload: v.optional(v.unknown()),
    error: ErrorShape,
  }),
]);

const EventFrame = v.strictObject({
  type: v.literal('event'),
  event: text,
  payload: v.optional(v.unknown()),
  seq: v.optional(natural),
  stateVersion: v.optional(v.strictObject({ presence: natural, health: natural })),
});

export type Response = v.InferOutput<typeof ResponseFrame>;
export type Event = v.InferOutput<typeof EventFrame>;

/** Events without a number: one is before the first, the other is a request in an event's clothes. */
const unnumbered = new Set(['connect.challenge', 'node.invoke.request']);
const eventKeys = ['type', 'event', 'payload', 'seq', 'stateVersion'];

export interface ConnectOptions {
  readonly client: DeviceParams['client'] & { readonly version: string };
  readonly protocol: number;
  readonly token: string;
  readonly role?: 'operator' | 'node';
  readonly scopes?: readonly string[];
  readonly caps?: readonly string[];
  readonly commands?: readonly string[];
  readonly device?: TestDevice;
  /** Of the upgrade request. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SpecClient {
  /** The answer to `connect`. */
  readonly hello: Response;
  readonly events: readonly Event[];
  /** What was wrong with the frames so far, in words. */
  readonly complaints: readonly string[];
  readonly closed: boolean;
  /** The one answer of a method. */
  call(method: string, params?: unknown): Promise<Response>;
  /** The two answers of `agent`. */
  callTwice(method: string, params?: unknown): Promise<readonly [Response, Response]>;
  /** The first event that fits, past or to come. */
  event(fits: (event: Event) => boolean): Promise<Event>;
  close(): Promise<void>;
}

export async function connect(url: string, options: ConnectOptions): Promise<SpecClient> {
  const { device, protocol, token, headers = {}, ...rest } = options;
  const socket = new WebSocket(url, { perMessageDeflate: false, headers: { ...headers } });
  const events: Event[] = [];
  const complaints: string[] = [];
  const waiting = new Map<string, ((response: Response) => void)[]>();
  const watching = new Set<() => void>();
  let closed = false;
  let lastSeq: number | undefined;
  let lastId = 0;

  const takeEvent = (frame: Event): void => {
    const keys = Object.keys(frame);
    if (keys.join() !== eventKeys.filter((key) => keys.includes(key)).join())
      complaints.push(`keys of ${frame.event} in the order ${keys.join()}`);
    if (unnumbered.has(frame.event)) {
      if (frame.seq !== undefined) complaints.push(`${frame.event} has a number`);
    } else {
      if (frame.seq !== (lastSeq ?? 0) + 1)
        complaints.push(`${frame.event} has number ${frame.seq} after ${lastSeq}`);
      lastSeq = frame.seq;
    }
    events.push(frame);
    for (const watch of watching) watch();
  };
  const takeResponse = (frame: Response): void => {
    const asked = waiting.get(frame.id);
    const answered = asked?.shift();
    if (answered) answered(frame);
    else complaints.push(`an answer that nobody waits for: ${JSON.stringify(frame).slice(0, 200)}`);
  };
  socket.on('message', (data, binary) => {
    if (binary) complaints.push('a binary frame');
    const frame = JSON.parse((data as Buffer).toString('utf8')) as { readonly type?: unknown };
    const parsed = v.safeParse(frame.type === 'event' ? EventFrame : ResponseFrame, frame);
    if (!parsed.success) {
      complaints.push(`${JSON.stringify(frame).slice(0, 200)}: ${parsed.issues[0].message}`);
    } else if (parsed.output.type === 'event') {
      takeEvent(parsed.output);
    } else {
      takeResponse(parsed.output);
    }
  });
  const gone = new Promise<never>((_, reject) => {
    socket.once('close', (code) => {
      closed = true;
      reject(new Error(`closed with ${code}`));
    });
  });
  gone.catch(() => {});

  const expectAnswer = (id: string): Promise<Response> => {
    const answer = new Promise<Response>((resolve) => waiting.set(id, [...(waiting.get(id) ?? []), resolve]));
    return within(`answer ${id}`, Promise.race([answer, gone]));
  };
  const send = (method: string, params: unknown): string => {
    lastId += 1;
    const id = `r-${lastId}`;
    socket.send(JSON.stringify({ type: 'req', id, method, ...(params === undefined ? {} : { params }) }));
    return id;
  };
  const event = (fits: (event: Event) => boolean): Promise<Event> => {
    const found = new Promise<Event>((resolve) => {
      const look = (): void => {
        const one = events.find(fits);
        if (!one) return;
        watching.delete(look);
        resolve(one);
      };
      watching.add(look);
      look();
    });
    return within(`an event for which ${String(fits)}`, Promise.race([found, gone]));
  };
  const call = (method: string, params?: unknown): Promise<Response> => expectAnswer(send(method, params));

  const challenge = (await event(({ event: name }) => name === 'connect.challenge')).payload as {
    readonly nonce: string;
    readonly ts: number;
  };
  const auth = { token };
  const hello = await call('connect', {
    minProtocol: protocol,
    maxProtocol: protocol,
    ...rest,
    auth,
    ...(device ? { device: device.prove({ ...rest, auth }, challenge.nonce, challenge.ts) } : {}),
  });
  return {
    hello,
    events,
    complaints,
    get closed() {
      return closed;
    },
    call,
    async callTwice(method, params) {
      const id = send(method, params);
      return Promise.all([expectAnswer(id), expectAnswer(id)]);
    },
    event,
    async close() {
      socket.close(1000);
      await gone.catch(() => {});
    },
  };
}
