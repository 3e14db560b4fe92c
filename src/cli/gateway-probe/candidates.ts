/** Every gateway that this command line could mean (cli.md §4), each with the credentials for it and for no other. */
import { toError } from '../../shared/to-error.js';
import { UNRESOLVED, type CredentialFlags, type LocalSources } from '../client/credentials.js';
import { displayUrl, parseGatewayUrl } from '../client/gateway-url.js';
import {
  explicitTarget,
  localPort,
  localScheme,
  localTarget,
  remoteTarget,
  resolveTarget,
  type GatewayTarget,
  type TargetFlags,
} from '../client/target.js';
import { UserError } from '../user-error.js';

export type CandidateKind = 'explicit' | 'sshTunnel' | 'configRemote' | 'localLoopback';

export interface Candidate {
  readonly kind: CandidateKind;
  /** Commands without `--url` would ask it, or it was named. */
  readonly active: boolean;
  readonly choice: GatewayTarget | Unusable;
}

/** A gateway that must not be asked as things are. */
export interface Unusable {
  readonly problem: string;
  /** What credential is missing here. */
  readonly unresolved: boolean;
  readonly shownUrl: string;
}

/** In the order of preference, each address once. @throws UserError when the command line itself is wrong */
export function candidates(flags: TargetFlags, sources: LocalSources): Candidate[] {
  const { env, config } = sources;
  const { mode, remote } = config.gateway;
  const named = flags.url !== undefined || Boolean(env.PLLAN_GATEWAY_URL?.trim());
  const others = flagsForOthers(flags);
  const found: Candidate[] = [];
  if (flags.url !== undefined) {
    found.push({ kind: 'explicit', active: true, choice: explicitTarget(flags.url, flags, sources) });
  } else if (named) {
    const choice = choose(() => resolveTarget(flags, sources), env.PLLAN_GATEWAY_URL ?? '');
    found.push({ kind: 'explicit', active: true, choice });
  }
  const hasUrl = remote.url !== null && remote.url.trim() !== '';
  // One behind ssh is asked in another way.
  if (remote.transport !== 'ssh' && (hasUrl || mode === 'remote')) {
    const choice = choose(() => remoteTarget(others, sources), remote.url ?? '');
    found.push({ kind: 'configRemote', active: !named && mode === 'remote', choice });
  }
  const choice = choose(
    () => localTarget({ ...others, port: flags.port }, sources),
    `${localScheme(sources)}://127.0.0.1:${flags.port ?? localPort(sources)}`,
  );
  found.push({ kind: 'localLoopback', active: !named && mode !== 'remote', choice });
  return found.filter(
    (candidate, place) => found.findIndex((other) => urlOf(other) === urlOf(candidate)) === place,
  );
}

/** Credentials that were typed for one gateway are nobody else's. */
export function flagsForOthers(flags: TargetFlags): CredentialFlags {
  return flags.url === undefined ? flags : { token: undefined, password: undefined };
}

/** As it is shown. */
export function urlOf({ choice }: Pick<Candidate, 'choice'>): string {
  return 'url' in choice ? displayUrl(choice.url) : choice.shownUrl;
}

/** What the config is wrong about is a finding. */
export function choose(resolve: () => GatewayTarget, url: string): GatewayTarget | Unusable {
  try {
    return resolve();
  } catch (caught) {
    const error = toError(caught);
    const unresolved = error instanceof UserError && error.facts.code === UNRESOLVED;
    return { problem: error.message, unresolved, shownUrl: shown(url) };
  }
}

/** Without what may be secret in it; an address that is none is not repeated. */
function shown(url: string): string {
  try {
    return displayUrl(parseGatewayUrl(url));
  } catch {
    return 'invalid URL'; // the problem says more
  }
}
