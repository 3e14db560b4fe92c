/** Where something that the gateway says of its own accord goes: to a chat network, in a way that outlives a crash. */

/** As a job or a heartbeat asks for it. */
export interface WantedRoute {
  /** `owner`: the owner's direct chat; `last`: where the session's last conversation outside was; or a channel. */
  readonly channel: string;
  readonly to?: string | undefined;
  readonly accountId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly sessionKey: string;
  readonly agentId: string;
}

export interface AnnounceRoute {
  readonly channel: string;
  readonly to: string;
  readonly accountId?: string | undefined;
  readonly threadId?: string | undefined;
}

export type RouteAnswer =
  | { readonly ok: true; readonly route: AnnounceRoute }
  /** `unknown-account`: the channel is there, and the account is not. */
  | { readonly ok: false; readonly reason: 'no-route' | 'unknown-account' };

export interface Announcements {
  find(wanted: WantedRoute): Promise<RouteAnswer>;
  /** Resolves when the text is stored, to be delivered. Rejects when it cannot be. */
  send(route: AnnounceRoute, text: string, agentId: string): Promise<void>;
}

/** Without a chat network: the web chat sees what happens in its sessions, and nothing is sent to it. */
export const noAnnouncements: Announcements = {
  find: () => Promise.resolve({ ok: false, reason: 'no-route' }),
  send: () => Promise.reject(new Error('there is no channel to deliver to')),
};
