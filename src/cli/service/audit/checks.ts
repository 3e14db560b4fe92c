/**
 * What can be wrong with an installed service (cli.md §16), as data: each finding with its level, who it is about, and
 * when it is one. The same repair mends nearly all of them: the definition is written anew, as it is to be.
 */
import { basename } from 'node:path';
import { requiredDirs } from '../desired.js';
import { compareVersions, isSupported, isVersionManaged } from '../node-program.js';
import { NEEDED_NODE } from '../../../shared/version.js';

import type { AuditFacts } from './facts.js';
import { argumentValue, seconds } from './read-settings.js';

export interface ServiceCheck {
  readonly code: string;
  /** `aggressive`: what is mended may have been meant; only with --force or when somebody agrees. */
  readonly level: 'recommended' | 'aggressive';
  readonly only?: 'systemd' | 'launchd';
  /** Writing the definition anew mends it; or people have to, as the message says. */
  readonly repair: 'rewrite' | 'advice';
  /** What is wrong, for people, without a secret; undefined when it is right. */
  find(facts: AuditFacts): string | undefined;
}

const proxyVariables = /^(?:https?|all|ftp|no)_proxy$/i;

/** Said only where it holds. */
function when(holds: boolean, message: string): string | undefined {
  return holds ? message : undefined;
}

function pathDirs({ installed, kind }: AuditFacts): readonly string[] {
  return (installed.environment.PATH ?? '').split(kind === 'windows' ? ';' : ':').filter(Boolean);
}

/** The value that a flag or a variable of the definition gives away. */
function embedded({ installed }: AuditFacts, flag: string, variable: string): string | undefined {
  return installed.environment[variable] || argumentValue(installed.programArguments, flag);
}

const embeddedToken = (facts: AuditFacts): string | undefined =>
  embedded(facts, '--token', 'PLLAN_GATEWAY_TOKEN');

const setting = ({ installed }: AuditFacts, name: string): string | undefined =>
  installed.settings.get(name)?.at(-1);

/** Of a setting that may be repeated, and lists several words. */
function lists({ installed }: AuditFacts, name: string, word: string): boolean {
  return (installed.settings.get(name) ?? []).some((value) => value.split(/\s+/).includes(word));
}

export const serviceChecks: readonly ServiceCheck[] = [
  {
    code: 'gateway-command-missing',
    level: 'aggressive',
    repair: 'rewrite',
    find: ({ installed }) =>
      when(
        !installed.programArguments.includes('gateway'),
        'The service does not run the command "gateway".',
      ),
  },
  {
    code: 'gateway-entrypoint-mismatch',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ entry, desiredEntry }) =>
      when(
        entry !== undefined && entry !== desiredEntry,
        `The service starts another installation: ${entry} instead of ${desiredEntry}.`,
      ),
  },
  {
    code: 'gateway-port-mismatch',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ servicePort, port }) =>
      when(
        servicePort !== undefined && servicePort !== port,
        `The service listens on port ${servicePort}, the config says ${port}.`,
      ),
  },
  {
    code: 'gateway-config-mismatch',
    // This shell may be the one that is in the wrong profile.
    level: 'aggressive',
    repair: 'rewrite',
    find: ({ serviceConfigPath, configPath }) =>
      when(
        serviceConfigPath !== configPath,
        `The service reads another config: ${serviceConfigPath} instead of ${configPath}.`,
      ),
  },
  {
    code: 'gateway-token-embedded',
    level: 'recommended',
    repair: 'rewrite',
    find: (facts) =>
      when(embeddedToken(facts) !== undefined, 'The service definition holds the gateway token.'),
  },
  {
    code: 'gateway-token-mismatch',
    level: 'recommended',
    repair: 'rewrite',
    find(facts) {
      const token = embeddedToken(facts);
      return when(
        token !== undefined && facts.configToken !== undefined && token !== facts.configToken,
        'The token in the service definition is not the one of the config.',
      );
    },
  },
  {
    code: 'gateway-token-drift',
    level: 'recommended',
    repair: 'rewrite',
    find: (facts) =>
      when(
        embeddedToken(facts) !== undefined && facts.configToken === undefined,
        'The service definition holds a token that the config does not have: commands cannot know it.',
      ),
  },
  {
    code: 'gateway-password-embedded',
    level: 'recommended',
    repair: 'rewrite',
    find: (facts) =>
      when(
        embedded(facts, '--password', 'PLLAN_GATEWAY_PASSWORD') !== undefined,
        'The service definition holds the gateway password.',
      ),
  },
  {
    code: 'gateway-managed-env-embedded',
    level: 'recommended',
    repair: 'rewrite',
    find({ installed, managedVariables, desired }) {
      const names = Object.keys(installed.environment).filter(
        (name) => managedVariables.includes(name) && !Object.hasOwn(desired.environment, name),
      );
      return when(
        names.length > 0,
        `The service definition holds variables of the state directory's .env file: ${names.join(', ')}.`,
      );
    },
  },
  {
    code: 'gateway-proxy-env-embedded',
    level: 'recommended',
    repair: 'rewrite',
    find({ installed }) {
      const names = Object.keys(installed.environment).filter((name) => proxyVariables.test(name));
      return when(names.length > 0, `The service definition holds proxy variables: ${names.join(', ')}.`);
    },
  },
  {
    code: 'gateway-path-missing',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ installed }) => when(!installed.environment.PATH, 'The service has no PATH of its own.'),
  },
  {
    code: 'gateway-path-missing-dirs',
    level: 'recommended',
    repair: 'rewrite',
    find(facts) {
      const dirs = pathDirs(facts);
      const missing = requiredDirs(facts.kind).filter((dir) => !dirs.includes(dir));
      return when(
        dirs.length > 0 && missing.length > 0,
        `The PATH of the service lacks ${missing.join(', ')}.`,
      );
    },
  },
  {
    code: 'gateway-path-nonminimal',
    level: 'recommended',
    repair: 'rewrite',
    find(facts) {
      const wanted = pathDirs({ ...facts, installed: { ...facts.installed, ...facts.desired } });
      const odd = pathDirs(facts).filter(
        (dir) => !wanted.includes(dir) && (isVersionManaged(`${dir}/`) || /node_modules/.test(dir)),
      );
      return when(
        odd.length > 0,
        `The PATH of the service has folders of version or package managers: ${odd.join(', ')}.`,
      );
    },
  },
  {
    code: 'gateway-runtime-bun',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ installed }) =>
      when(/^bunx?(?:\.exe)?$/.test(programName(installed.programArguments)), 'The service runs on bun.'),
  },
  {
    code: 'gateway-runtime-node',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ runtime }) =>
      when(
        runtime?.version !== undefined && !isSupported(runtime.version),
        `The service runs on node ${runtime?.version}; ${NEEDED_NODE} or newer is needed.`,
      ),
  },
  {
    code: 'gateway-runtime-node-version-manager',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ runtime, systemNode }) =>
      when(
        runtime?.managed === true && systemNode !== undefined,
        `The service runs on a node that a version manager may take away: ${runtime?.path}.`,
      ),
  },
  {
    code: 'gateway-runtime-node-system-missing',
    level: 'recommended',
    repair: 'advice',
    find: ({ runtime, systemNode }) =>
      when(
        runtime?.managed === true && systemNode === undefined,
        `The service runs on a node of a version manager (${runtime?.path}), and the system has none of its own: install node ${NEEDED_NODE} or newer for the system, then the service anew.`,
      ),
  },
  {
    code: 'gateway-runtime-probe-failed',
    level: 'recommended',
    repair: 'rewrite',
    find: ({ runtime }) =>
      when(
        runtime !== undefined && runtime.version === undefined,
        `The program of the service cannot be run: ${runtime?.path}.`,
      ),
  },
  {
    code: 'gateway-service-version',
    level: 'recommended',
    repair: 'rewrite',
    find({ installed, version }) {
      const written = installed.environment.PLLAN_SERVICE_VERSION;
      if (written === undefined) return 'The service definition does not say which version wrote it.';
      return when(
        compareVersions(written, version) < 0,
        `The service definition was written by version ${written}, this is ${version}.`,
      );
    },
  },
  {
    code: 'systemd-after-network-online',
    level: 'recommended',
    only: 'systemd',
    repair: 'rewrite',
    find: (facts) =>
      when(!lists(facts, 'After', 'network-online.target'), 'The unit lacks After=network-online.target.'),
  },
  {
    code: 'systemd-wants-network-online',
    level: 'recommended',
    only: 'systemd',
    repair: 'rewrite',
    find: (facts) =>
      when(!lists(facts, 'Wants', 'network-online.target'), 'The unit lacks Wants=network-online.target.'),
  },
  {
    code: 'systemd-restart-sec',
    level: 'recommended',
    only: 'systemd',
    repair: 'rewrite',
    find(facts) {
      const pause = seconds(setting(facts, 'RestartSec'));
      return when(
        pause === undefined || pause < 1 || pause > 60,
        'The unit does not pause between restarts as it should (RestartSec=5).',
      );
    },
  },
  {
    code: 'systemd-kill-mode-process-or-none',
    level: 'recommended',
    only: 'systemd',
    repair: 'rewrite',
    find(facts) {
      const mode = setting(facts, 'KillMode') ?? '';
      return when(
        mode === 'process' || mode === 'none',
        `KillMode=${mode} leaves workers behind when the gateway ends.`,
      );
    },
  },
  {
    code: 'systemd-stop-timeout',
    level: 'recommended',
    only: 'systemd',
    repair: 'rewrite',
    find(facts) {
      const timeout = seconds(setting(facts, 'TimeoutStopSec') ?? setting(facts, 'TimeoutSec'));
      return when(
        timeout === undefined || timeout < 30,
        'The unit does not leave the gateway the time that a stop may take (TimeoutStopSec=30).',
      );
    },
  },
  {
    code: 'launchd-run-at-load',
    level: 'recommended',
    only: 'launchd',
    repair: 'rewrite',
    find: (facts) =>
      when(setting(facts, 'RunAtLoad') !== 'true', 'The agent is not started at login (RunAtLoad).'),
  },
  {
    code: 'launchd-keep-alive',
    level: 'recommended',
    only: 'launchd',
    repair: 'rewrite',
    find: (facts) =>
      when(
        setting(facts, 'KeepAlive') !== 'true',
        'The agent is not started again when it ends (KeepAlive).',
      ),
  },
];

function programName([program = '']: readonly string[]): string {
  return basename(program.replaceAll('\\', '/'));
}
