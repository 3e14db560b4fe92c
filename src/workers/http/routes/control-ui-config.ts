/** `control-ui-config.json`: what the Control UI must know before it connects (http.md §13, «Bootstrap»). */
import { VERSION } from '../../../shared/version.js';
import { pageHeaders } from '../control-ui/page-headers.js';
import type { Route } from './route.js';

const ASSISTANT = 'Assistant';

export const controlUiConfig: Route = {
  name: 'control-ui-config',
  methods: ['GET', 'HEAD'],
  auth: 'operator.read',
  handle(exchange, { snapshot }) {
    const { defaultAgentId, agents } = snapshot.routes;
    const name = agents[defaultAgentId]?.name ?? ASSISTANT;
    const settings = {
      basePath: snapshot.controlUi?.basePath ?? '',
      assistantName: name,
      assistantAvatar: String.fromCodePoint(name.codePointAt(0) ?? 0x20).toUpperCase(),
      assistantAgentId: defaultAgentId,
      serverVersion: VERSION,
    };
    exchange.sendJson(200, JSON.stringify(settings), ['Cache-Control', 'no-store', ...pageHeaders()]);
  },
};
