/** As whom the command line introduces itself (cli.md §1, protocol.md §5.1, §7). */
import { MIN_PROTOCOL_VERSION, PROTOCOL_VERSION, type ClientMode } from '../../shared/protocol/constants.js';
import type { Scope } from '../../shared/protocol/scopes.js';

export interface ClientKind {
  readonly id: string;
  readonly mode: ClientMode;
  readonly minProtocol: number;
  readonly scopes: readonly Scope[];
  /** It leaves no trace: what a probe is given it does not keep. */
  readonly keepsToken: boolean;
}

/** The role in which the command line connects. */
export const ROLE = 'operator';

export const cliClient: ClientKind = {
  id: 'cli',
  mode: 'cli',
  minProtocol: PROTOCOL_VERSION,
  scopes: ['operator.admin', 'operator.read', 'operator.write', 'operator.approvals', 'operator.pairing'],
  keepsToken: true,
};

/** Asks for no more than it needs, and talks to older gateways as well. */
export const probeClient: ClientKind = {
  id: 'pllan-probe',
  mode: 'probe',
  minProtocol: MIN_PROTOCOL_VERSION,
  scopes: ['operator.read'],
  keepsToken: false,
};
