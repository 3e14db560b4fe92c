/** Every method that there is. */
import { agentMethods, type AgentMethodServices } from './agent.js';
import { catalogMethods, type CatalogServices } from './catalog.js';
import { channelPairingMethods, type ChannelPairingServices } from './channel-pairing.js';
import { channelMethods, type ChannelServices } from './channels.js';
import { chatMethods, type ChatServices } from './chat.js';
import type { DeliveryServices } from './delivery.js';
import { configMethods, type ConfigServices } from './config.js';
import { cronMethods, type CronServices } from './cron.js';
import { deviceMethods } from './devices.js';
import { execApprovalMethods, type ExecApprovalServices } from './exec-approvals.js';
import { logMethods, type LogServices } from './logs.js';
import type { Method } from './method.js';
import { nodePairingMethods } from './node-pairing.js';
import { nodeMethods, type NodeMethodServices } from './nodes.js';
import { restartMethods, type RestartMethodServices } from './restart.js';
import { secretMethods, type SecretServices } from './secrets.js';
import { sendMethods } from './send.js';
import { sessionReadMethods, type SessionReadServices } from './session-reads.js';
import { sessionSubscriptionMethods, type SubscriptionServices } from './session-subscriptions.js';
import { sessionWriteMethods, type SessionWriteServices } from './session-writes.js';
import { systemEventMethods, type SystemEventServices } from './system-event.js';
import { systemMethods, type SystemMethodServices } from './system.js';
import { toolMethods, type ToolMethodServices } from './tools.js';
import { usageMethods, type UsageServices } from './usage.js';

/** What methods work with; each family takes of it what it needs. */
export type MethodServices = AgentMethodServices &
  CatalogServices &
  ChannelServices &
  ChannelPairingServices &
  ChatServices &
  ConfigServices &
  DeliveryServices &
  CronServices &
  ExecApprovalServices &
  LogServices &
  NodeMethodServices &
  RestartMethodServices &
  SecretServices &
  SessionReadServices &
  SessionWriteServices &
  SubscriptionServices &
  SystemEventServices &
  SystemMethodServices &
  ToolMethodServices &
  UsageServices;

/** By name, in the order in which `hello-ok` and the reference list them. */
export function methodRegistry(services: MethodServices): ReadonlyMap<string, Method> {
  const methods = [
    ...systemMethods(services),
    ...agentMethods(services),
    ...chatMethods(services),
    ...channelMethods(services),
    ...channelPairingMethods(services),
    ...sendMethods(services),
    ...sessionReadMethods(services),
    ...sessionWriteMethods(services),
    ...systemEventMethods(services),
    ...catalogMethods(services),
    ...toolMethods(services),
    ...usageMethods(services),
    ...logMethods(services),
    ...configMethods(services),
    ...secretMethods(services),
    ...cronMethods(services),
    ...restartMethods(services),
    ...sessionSubscriptionMethods(services),
    ...deviceMethods(services.devices),
    ...nodeMethods(services),
    ...nodePairingMethods(services.devices),
    ...execApprovalMethods(services),
  ];
  return new Map(methods.map((method) => [method.name, method]));
}
