/**
 * Every method that this client knows: how it is called, and what the answer must look like. Written from the protocol's
 * text.
 */
import { approvalCalls } from './approvals.js';
import type { Calls } from './call.js';
import { channelCalls } from './channels.js';
import { configCalls } from './config.js';
import { cronCalls } from './cron.js';
import { nodeAndDeviceCalls } from './nodes-and-devices.js';
import { restartCalls } from './restart.js';
import { runCalls } from './runs.js';
import { secretCalls } from './secrets.js';
import { sessionCalls } from './sessions.js';
import { systemCalls } from './system.js';
import { toolCalls } from './tools.js';

export const calls: Calls = {
  ...systemCalls,
  ...runCalls,
  ...sessionCalls,
  ...nodeAndDeviceCalls,
  ...approvalCalls,
  ...toolCalls,
  ...secretCalls,
  ...channelCalls,
  ...cronCalls,
  ...configCalls,
  ...restartCalls,
};

/** Methods that are called without being advertised. */
export const unadvertised: ReadonlySet<string> = new Set(['sessions.get', 'sessions.resolve']);
