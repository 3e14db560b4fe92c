/** Paths of the primary that reached a worker on a shared connection: carried back through the tunnel (architecture, «Port»). */
import { forwardRequest } from '../tunnel.js';
import type { Route } from './route.js';

export const primaryOwned: Route = {
  name: 'primary',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  auth: 'primary',
  handle: (exchange, services) => forwardRequest(exchange, services.snapshot.tunnel),
};
