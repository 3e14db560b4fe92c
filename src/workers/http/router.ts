/** Path → route. Methods are the route's own business, so that a wrong one is 405 and not 404. */
import findMyWay from 'find-my-way';
import { isPrimaryPath, primaryPaths } from '../../shared/http/primary-paths.js';
import type { WorkerSnapshot } from '../../shared/ipc.js';

import { controlUi } from './control-ui/control-ui.js';
import { channels } from './routes/channels.js';
import { chatCompletions, responses } from './routes/completions.js';
import { controlUiConfig } from './routes/control-ui-config.js';
import { embeddings } from './routes/embeddings.js';
import { hooks } from './routes/hooks.js';
import { getModel, listModels } from './routes/models.js';
import { primaryOwned } from './routes/primary-owned.js';
import { killSession, sessionHistory } from './routes/sessions.js';
import { toolsInvoke } from './routes/tools-invoke.js';
import type { Route } from './routes/route.js';

/** The handler type that find-my-way wants; ours is looked up, never called through it. */
const unused = (): void => {};

/** Builds the table for one config version: a disabled endpoint is simply not in it. */
export function createRouter(snapshot: WorkerSnapshot): (path: string, method: string) => Route | undefined {
  // How long a part of a path may be is its route's business.
  const table = findMyWay({ onBadUrl: unused, maxParamLength: Number.MAX_SAFE_INTEGER });
  const add = (path: string, route: Route): void => table.on('GET', path, unused, route);
  const servesModels = snapshot.chatCompletions.enabled || snapshot.responses.enabled;
  if (snapshot.chatCompletions.enabled) add('/v1/chat/completions', chatCompletions);
  if (snapshot.responses.enabled) add('/v1/responses', responses);
  if (servesModels) {
    add('/v1/models', listModels);
    add('/v1/models/*', getModel);
    add('/v1/embeddings', embeddings);
  }
  add('/tools/invoke', toolsInvoke);
  add('/sessions/:key/history', sessionHistory);
  add('/sessions/:key/kill', killSession);
  add('/channels/:channel/:accountId', channels);
  for (const path of primaryPaths) add(path, primaryOwned);
  const ui = snapshot.controlUi;
  if (ui) {
    for (const folder of ['', '/__openclaw'])
      add(`${ui.basePath}${folder}/control-ui-config.json`, controlUiConfig);
  }
  const page = ui ? controlUi(ui) : () => undefined;
  const isHook = (path: string): boolean =>
    snapshot.hooks !== undefined && `${path}/`.startsWith(`${snapshot.hooks.path}/`) && !isPrimaryPath(path);
  const find = (path: string): Route | undefined => {
    // Whatever else may be there.
    if (isHook(path)) return hooks;
    const found = table.find('GET', path)?.store as Route | null | undefined;
    // Percent-encoding that cannot be decoded is for the route to refuse in its own words.
    return found ?? (path.startsWith('/v1/models/') && servesModels ? getModel : undefined);
  };
  return (path, method) =>
    find(path) ??
    (path.endsWith('/') ? find(path.slice(0, -1)) : undefined) ??
    (method === 'GET' || method === 'HEAD' ? page(path) : undefined);
}
