/** The built-in tools by name. Each is loaded when it is called first: a thread that reads a file needs no HTTP. */
import { isBuiltinTool, type BuiltinToolName } from '../../../shared/tools/builtin.js';
import { createSessionStores } from './sessions/session-store.js';
import type { Tool } from './tool.js';

export interface ToolBox {
  /** Undefined when there is no such tool. */
  load(name: string): Promise<Tool<unknown> | undefined>;
}

/** One for a thread. */
export function createToolBox(): ToolBox {
  const stores = createSessionStores();
  const load: Readonly<Record<BuiltinToolName, () => Promise<Tool<unknown>>>> = {
    read: async () => (await import('./read.js')).read,
    write: async () => (await import('./write.js')).write,
    edit: async () => (await import('./edit.js')).edit,
    apply_patch: async () => (await import('./apply-patch.js')).applyPatch,
    list: async () => (await import('./list.js')).list,
    search: async () => (await import('./search.js')).search,
    web_fetch: async () => (await import('./web-fetch.js')).webFetch,
    sessions_list: async () => (await import('./sessions-list.js')).sessionsList(stores),
    sessions_history: async () => (await import('./sessions-history.js')).sessionsHistory(stores),
    session_status: async () => (await import('./session-status.js')).sessionStatus(stores),
    agents_list: async () => (await import('./agents-list.js')).agentsList,
  };
  return { load: async (name) => (isBuiltinTool(name) ? load[name]() : undefined) };
}
