/** What a profile's service is called with each service manager (cli.md §15.1). */
import type { Environment } from '../../shared/paths.js';
import { UserError } from '../user-error.js';

export interface ServiceNames {
  /** Undefined for the default one. */
  readonly profile: string | undefined;
  readonly launchdLabel: string;
  /** With its suffix. */
  readonly systemdUnit: string;
  readonly windowsTask: string;
}

/** @throws UserError for an override that could not be a name */
export function serviceNames(env: Environment): ServiceNames {
  const named = env.PLLAN_PROFILE?.trim();
  const profile = named && named !== 'default' ? named : undefined;
  const unit =
    override(env, 'PLLAN_SYSTEMD_UNIT', /^[\w:.@-]+$/) ??
    (profile === undefined ? 'pllan-gateway' : `pllan-gateway-${profile}`);
  return {
    profile,
    launchdLabel: override(env, 'PLLAN_LAUNCHD_LABEL', /^[\w.-]+$/) ?? `ai.pllan.${profile ?? 'gateway'}`,
    systemdUnit: unit.endsWith('.service') ? unit : `${unit}.service`,
    windowsTask:
      override(env, 'PLLAN_WINDOWS_TASK_NAME', /^[\w .()-]+$/) ??
      (profile === undefined ? 'pllan Gateway' : `pllan Gateway (${profile})`),
  };
}

/** It becomes the name of a file, so it must not lead elsewhere. */
function override(env: Environment, name: string, form: RegExp): string | undefined {
  const value = env[name]?.trim();
  if (!value) return undefined;
  if (form.test(value) && !value.startsWith('.') && !value.startsWith('-')) return value;
  throw new UserError(`Invalid ${name}: it names a service, and must be letters, numbers and "-_." only`);
}
