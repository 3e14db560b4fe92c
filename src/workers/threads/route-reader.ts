/** Decodes a route table from the shared bytes that a task carries; the last version is kept, as tasks mostly share it. */
import type { RouteTable, SharedRouteTable } from '../../shared/routes.js';

export function createRouteReader(): (shared: SharedRouteTable) => RouteTable {
  let current: RouteTable | undefined;
  return (shared) => {
    if (current?.version === shared.version) return current;
    // TextDecoder refuses shared memory; the copy is made once per config version.
    const table = JSON.parse(new TextDecoder().decode(new Uint8Array(shared.bytes))) as RouteTable;
    if (!current || shared.version > current.version) current = table;
    return table;
  };
}
