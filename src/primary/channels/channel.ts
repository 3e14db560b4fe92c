/**
 * What a chat network is to the gateway. A channel is a network (`irc`), an account is one identity in it; a channel's
 * folder knows its network and nothing else of the gateway: who may write, which session it is and when something is
 * sent again is decided outside, once for all channels.
 *
 *   open ──run()──▶ connecting ──host.connected()──▶ connected ──run() throws──▶ resting ──back-off──▶ connecting
 *                       └───────── run() throws ──────────────────▶ ▲  (10 times) ──▶ stopped
 */
import type { ChannelRequest, ChannelResponse } from '../../shared/channels/requests.js';
import type { Logger } from '../../shared/log/logger.js';

export type { ChannelRequest, ChannelResponse };

/** One network. It is data and two functions; nothing is connected before an account runs. */
export interface Channel<Config = unknown> {
  readonly id: string;
  /** For people: `Telegram`, `Telegram Bot`. */
  readonly label: string;
  readonly detailLabel: string;
  readonly capabilities: ChannelCapabilities;
  /** Reads how callers name a conversation (`to` of `send`); a direct chat unless told. */
  peerOf?(to: string): Pick<Peer, 'kind' | 'id'>;
  /** One account, by its part of the config, checked and with its secrets. Does nothing yet. */
  open(config: Config, host: AccountHost): ChannelAccount;
}

export interface ChannelCapabilities {
  /** Can show that an answer is being written. */
  readonly typing: boolean;
  /** Can change what was sent: answers may be shown while they are written. */
  readonly edits: boolean;
  /** Takes files, not only text. */
  readonly media: boolean;
  readonly threads: boolean;
  /** Groups exist, and in them only what mentions the agent is meant for it. */
  readonly groups: boolean;
  readonly logout: boolean;
  /** It knows a part that comes again by its id: what it may have been sent is sent again. */
  readonly repeats?: boolean;
  /** Its ids that differ in case alone are one. */
  readonly caseless?: boolean;
}

/** One identity in a network. Used by its supervisor alone: `run` is never called twice at a time. */
export interface ChannelAccount {
  /** How it is connected, for status rows: `polling`, `webhook`, `irc`. */
  readonly mode: string;
  /** Answers are to be shown while they are written; where `edit` is. */
  readonly streams?: boolean;
  /** UTF-16 units of text that an attachment's caption may have; undefined: what any part may have. */
  readonly captionChars?: number;
  /**
   * Connects, and stays until the signal ends it (then it resolves, disconnected) or the connection is lost.
   * @throws ChannelError
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Sends one part, no longer than `fits` allows. Resolves when the network has it.
   * @throws SendError which says whether it may be sent again
   */
  send(part: OutboundPart, signal: AbortSignal): Promise<SentPart>;
  /**
   * Resolves when the pace that the network allows lets another part go there: to be awaited before a part is marked as
   * being sent, so that it does not wait in between. Rejects when the signal ends it.
   */
  paced?(route: Route, signal: AbortSignal): Promise<void>;
  /** Cuts a text into parts that the network takes, at ends of paragraphs, lines and words where it can. */
  split(text: string, route: Route): readonly string[];
  /** Puts another text in the place of one that was sent. Where `capabilities.edits`. @throws SendError */
  edit?(messageId: string, part: OutboundPart, signal: AbortSignal): Promise<void>;
  /** Shows for some seconds that an answer is being written. Never throws: it is a courtesy. */
  typing?(route: Route): void;
  /** Asks the network something that proves that it answers and knows the account. @throws ChannelError */
  probe(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /** Forgets the account's sign-in at the network. */
  logout?(): Promise<void>;
  /** A request that came to the account's path on the gateway's port; a worker has checked it already. */
  received?(request: ChannelRequest): Promise<ChannelResponse>;
}

/** What an account may ask of the gateway. */
export interface AccountHost {
  readonly accountId: string;
  readonly log: Logger;
  /** Ids of the groups that the config names and does not switch off, as of now; without `*`. */
  groups(): readonly string[];
  /** It is connected. `about`: what is worth a status row, without secrets (`{bot: "@name"}`). */
  connected(about?: Readonly<Record<string, unknown>>): void;
  /** Anything came from the network: the connection is not stale. */
  alive(): void;
  /**
   * A message for an agent. Resolves when it is on disk or is not for one: only then may the network be told that it has
   * come. The same id in the same conversation is taken once, whenever it comes.
   * @throws when it cannot be taken now: it is to be offered again, after a pause, before any later one of its conversation
   */
  inbound(message: InboundMessage): Promise<void>;
  /** Small values that outlive the process (an offset). Resolves when on disk. */
  readonly memory: AccountMemory;
}

export interface AccountMemory {
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
}

export type PeerKind = 'direct' | 'group' | 'channel';

/** Where a message came from and where an answer goes. Ids are the network's own, as its config would name them. */
export interface Peer {
  readonly kind: PeerKind;
  /** Of the person, the group or the channel. */
  readonly id: string;
  /** A topic or thread of it. */
  readonly threadId?: string;
}

export interface Route extends Peer {
  readonly channel: string;
  readonly accountId: string;
}

export interface InboundMessage {
  /** The network's; unique in its conversation. */
  readonly id: string;
  readonly peer: Peer;
  readonly sender: {
    readonly id: string;
    readonly name?: string;
    /** Other ids that a config may name the person by: `@name`. */
    readonly aliases?: readonly string[];
    /** Where they write from, of networks in which anybody can have another id at any time. */
    readonly origin?: string;
    readonly bot?: boolean;
  };
  readonly text: string;
  /** It names the agent, or answers it. Of no meaning in a direct chat. */
  readonly mentioned: boolean;
  readonly attachments: readonly InboundAttachment[];
  readonly replyToId?: string;
  /** Of a channel: the guild or server that it is one of. */
  readonly guildId?: string;
  /** Title of the group. */
  readonly title?: string;
  /** Milliseconds since the epoch, by the network's clock. */
  readonly sentAt: number;
}

export interface InboundAttachment {
  readonly kind: 'image' | 'audio' | 'video' | 'file';
  readonly mimeType: string;
  readonly filename?: string;
  /** As the network says it. */
  readonly bytes?: number;
  /** At most so many bytes. @throws Error */
  fetch(maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface OutboundPart {
  /** Unique, and the same when it is sent again: a network may know by it what it has already. */
  readonly id: string;
  readonly route: Route;
  /** Of an attachment: its caption. */
  readonly text: string;
  readonly media?: OutboundMedia;
  /** The message that it answers. */
  readonly replyToId?: string;
  readonly silent?: boolean;
}

export interface OutboundMedia {
  readonly url: string;
  readonly asVoice?: boolean;
  readonly asDocument?: boolean;
}

export interface SentPart {
  /** The network's, or one of our own where it has none. */
  readonly messageId: string;
}

/** An account cannot connect, or has lost its connection. */
export class ChannelError extends Error {
  /** `refused`: it will not work until the config or the network's side changes (a bad token); no use in trying. */
  readonly kind: 'lost' | 'refused';
  /** Milliseconds that the network asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ChannelError['kind'],
    message: string,
    { retryAfterMs, cause }: { readonly retryAfterMs?: number; readonly cause?: Error } = {},
  ) {
    super(message, { cause });
    this.name = 'ChannelError';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A part was not sent, or nobody knows. */
export class SendError extends Error {
  /**
   * `not-sent`: the network does not have it, and it may be sent again. `refused`: it does not want it, now or later.
   * `unknown`: it may have it (the answer was lost); it is not sent again, since nothing is said twice.
   */
  readonly kind: 'not-sent' | 'refused' | 'unknown';
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: SendError['kind'],
    message: string,
    { retryAfterMs, cause }: { readonly retryAfterMs?: number; readonly cause?: Error } = {},
  ) {
    super(message, { cause });
    this.name = 'SendError';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
