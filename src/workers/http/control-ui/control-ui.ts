/**
 * The Control UI's files (http.md §13): those of `gateway.controlUi.root`, or the page that comes with the gateway. What
 * it shows it gets over a WebSocket, which asks for the credential; the files themselves hold no secret.
 */
import { fileURLToPath } from 'node:url';
import type { WorkerSnapshot } from '../../../shared/ipc.js';
import { toError } from '../../../shared/to-error.js';
import type { Exchange } from '../exchange.js';
import type { Route, RouteServices } from '../routes/route.js';
import { openFile, partsOf, type FoundFile } from './find-file.js';
import { pageHeaders } from './page-headers.js';
import { sendFile } from './send-file.js';

const packaged = fileURLToPath(new URL('../../../ui', import.meta.url));

/** Paths of APIs, also of those that are switched off or not there: a page in their place would only confuse. */
const apiPrefixes: ReadonlySet<string | undefined> = new Set(['api', 'v1', 'hooks', 'tools', 'plugins']);

/** What serves a path that no other route has; undefined where the Control UI has nothing to do with it. */
export function controlUi({
  basePath,
  root = packaged,
}: NonNullable<WorkerSnapshot['controlUi']>): (path: string) => Route | undefined {
  const files: Route = {
    name: 'control-ui',
    methods: ['GET', 'HEAD'],
    auth: 'open',
    handle(exchange, services) {
      serve(exchange, services, root, exchange.path.slice(basePath.length)).catch((caught: unknown) => {
        if (exchange.closed) return; // its client went in the middle
        services.log.error('control-ui.file', toError(caught).message);
        if (exchange.response.headersSent) exchange.response.destroy();
        else exchange.sendText(500, 'Internal Server Error', pageHeaders());
      });
    },
  };
  const toSlash: Route = {
    ...files,
    handle(exchange) {
      const { url = '' } = exchange.request;
      const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
      exchange.sendText(302, '', ['Location', `${basePath}/${query}`, ...pageHeaders()]);
    },
  };
  return (path) => {
    if (basePath !== '' && path === basePath) return toSlash;
    const parts = path.startsWith(`${basePath}/`) ? partsOf(path.slice(basePath.length)) : undefined;
    const ownsPath = parts !== undefined && (basePath !== '' || !isApi(parts) || hasExtension(parts));
    return ownsPath ? files : undefined;
  };
}

async function serve(exchange: Exchange, services: RouteServices, root: string, path: string): Promise<void> {
  const parts = partsOf(path) ?? [];
  const { stalledClientMs: stalledMs } = services.snapshot;
  const send = (file: FoundFile, immutable: boolean): Promise<void> =>
    sendFile(exchange, { file, immutable, stalledMs });
  const file = parts.length === 0 ? undefined : await openFile(root, parts);
  if (file) return send(file, parts[0] === 'assets' && parts.length > 1);
  if (hasExtension(parts)) return exchange.sendText(404, 'Not Found', pageHeaders());
  const index = await openFile(root, ['index.html']);
  if (index) return send(index, false);
  exchange.sendText(
    503,
    `Control UI assets not found. Check gateway.controlUi.root, or remove it to use the page that comes with the gateway.`,
    pageHeaders(),
  );
}

function isApi([first]: readonly string[]): boolean {
  return apiPrefixes.has(first);
}

function hasExtension(parts: readonly string[]): boolean {
  return /\.[^.]+$/.test(parts.at(-1) ?? '');
}
