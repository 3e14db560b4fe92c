/** The secrets of the gateway that is tested, each in a place of its own. */
import { createCanaries } from '../../../support/canaries.js';

export const canaries = createCanaries();
const make = (name: string, end?: string): string => canaries.make(name, end);

/** In the config as they are. */
export const written = {
  plainKey: make('provider key in the config'),
  plainHeader: make('provider header'),
  inUrl: make('password in a base URL'),
  password: make('gateway password, not in use', '"q\\'),
  remoteToken: make('remote token'),
  remotePassword: make('remote password', '/+='),
  hookToken: make('hook token'),
  profileKey: make('auth profile key'),
  memoryKey: make('memory key'),
  mcpUrl: make('password in the URL of an MCP server'),
  mcpQuery: make('query of the URL of an MCP server'),
  mcpHeader: make('header of an MCP server'),
  mcpEnv: make('variable of an MCP server', '/+= x'),
  storeUrl: make('password of the store'),
  cronToken: make('webhook token of cron'),
  skillKey: make('key of a skill'),
  botToken: make('bot token'),
  signing: make('signing secret of an account'),
  inlineVariable: make('variable that the config sets'),
  resolverVariable: make('variable of a provider command'),
};

/** Only pointed at. */
export const elsewhere = {
  token: make('gateway token'),
  fileKey: make('key in a file', '/+='),
  single: make('the one value of a file'),
  execKey: make('key of a command'),
  raw: make('what a command prints'),
  variable: make('key in a variable'),
  inText: make('variable within a text'),
  mcpRef: make('ref of an MCP server'),
  passed: make('variable that commands see'),
  resolverPassed: make('variable that a provider command sees'),
  unrelated: make('variable that nobody uses'),
  gatewayPassword: make('PLLAN_GATEWAY_PASSWORD'),
  dotenv: make('variable of .env'),
  dotenvUnused: make('variable of .env that nobody uses'),
};

/** Sent by clients. */
export const sent = {
  wrongToken: make('wrong token'),
  wrongPassword: make('wrong password'),
  wrongDevice: make('wrong device token'),
  wrongHook: make('wrong hook token'),
  queryToken: make('token in a query'),
  apiKey: make('x-api-key of a client'),
  cookie: make('cookie of a client'),
  proxyAuth: make('proxy-authorization of a client'),
};
