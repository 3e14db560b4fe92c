/** The nodes that are connected. One that has several connections is reached over the newest. */

/** A connection of a node, and what it said of itself. */
export interface NodeLink {
  readonly nodeId: string;
  readonly connectedAtMs: number;
  readonly remoteIp: string;
  readonly client: {
    readonly displayName?: string;
    readonly platform: string;
    readonly version: string;
    readonly deviceFamily?: string;
  };
  readonly caps: readonly string[];
  readonly commands: readonly string[];
  readonly permissions: Readonly<Record<string, boolean>> | undefined;
  send(frame: string): void;
}

export interface ConnectedNodes {
  add(link: NodeLink): void;
  remove(link: NodeLink): void;
  get(nodeId: string): NodeLink | undefined;
  /** One of each node. */
  all(): readonly NodeLink[];
}

export function createConnectedNodes(): ConnectedNodes {
  /** Newest last; none is empty. */
  const linksOf = new Map<string, readonly NodeLink[]>();
  const newest = (links: readonly NodeLink[] | undefined): NodeLink | undefined => links?.at(-1);
  return {
    add: (link) => void linksOf.set(link.nodeId, [...(linksOf.get(link.nodeId) ?? []), link]),
    remove(link) {
      const others = (linksOf.get(link.nodeId) ?? []).filter((one) => one !== link);
      if (others.length > 0) linksOf.set(link.nodeId, others);
      else linksOf.delete(link.nodeId);
    },
    get: (nodeId) => newest(linksOf.get(nodeId)),
    all: () => [...linksOf.values()].map(newest).filter((link) => link !== undefined),
  };
}
