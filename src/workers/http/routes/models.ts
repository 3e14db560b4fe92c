/** `/v1/models` and `/v1/models/{id}` (http.md §5): a few rows out of the snapshot, so no thread is asked. */
import { splitModelRef } from '../../../shared/config/model-ref.js';
import { ApiError } from '../../../shared/errors/api-error.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { Route } from './route.js';

export const listModels: Route = {
  name: '/v1/models',
  methods: ['GET', 'HEAD'],
  auth: 'operator.read',
  handle(exchange, services) {
    const data = modelIds(services.snapshot.routes).map(row);
    exchange.sendJson(200, JSON.stringify({ object: 'list', data }));
  },
};

export const getModel: Route = {
  name: '/v1/models/{id}',
  methods: ['GET', 'HEAD'],
  auth: 'operator.read',
  handle(exchange, services) {
    try {
      const id = readId(exchange.path.slice('/v1/models/'.length));
      if (!modelIds(services.snapshot.routes).includes(id)) {
        throw new ApiError('modelNotFound', { message: `Model '${id}' not found.` });
      }
      exchange.sendJson(200, JSON.stringify(row(id)));
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      exchange.sendError(caught);
    }
  },
};

function modelIds(routes: RouteTable): string[] {
  const agents = Object.keys(routes.agents).map((id) => `pllan/${id}`);
  return ['pllan', 'pllan/default', ...agents, ...routes.configured];
}

function row(id: string): object {
  const owner = id === 'pllan' || id.startsWith('pllan/') ? 'pllan' : splitModelRef(id as never).provider;
  return { id, object: 'model', created: 0, owned_by: owner, permission: [] };
}

function readId(rest: string): string {
  const encoded = rest.endsWith('/') ? rest.slice(0, -1) : rest;
  const invalid = (message: string): ApiError => new ApiError('invalidRequest', { message });
  if (encoded === '') throw invalid('Missing model id.');
  let id: string;
  try {
    id = decodeURIComponent(encoded);
  } catch {
    throw invalid('Invalid model id encoding.');
  }
  if (!/^(?:pllan|openclaw)$|^[a-z0-9][a-z0-9._-]*\/\S+$/i.test(id)) throw invalid('Invalid model id.');
  return id.replace(/^openclaw(?=$|\/)/, 'pllan');
}
