/** What commands ask of a service manager; systemd, launchd and the task scheduler each have a folder here. */
import type { InstalledService, ServiceDefinition } from './definition.js';

export interface ServiceRuntime {
  readonly status: 'running' | 'stopped' | 'unknown';
  /** In the manager's words. */
  readonly state?: string;
  readonly subState?: string;
  readonly pid?: number;
  readonly lastExitStatus?: number;
  readonly lastExitReason?: string;
  /** Why nothing is known. */
  readonly detail?: string;
}

export interface ServiceManager {
  readonly label: 'systemd' | 'LaunchAgent' | 'Scheduled Task';
  /** Where definitions are, and what they may say. */
  readonly kind: 'systemd' | 'launchd' | 'windows';
  /** Of the whole machine and not of one user. */
  readonly system: boolean;
  readonly loadedText: string;
  readonly notLoadedText: string;
  /** The file that a definition is in. */
  readonly definitionPath: string;
  /** Undefined when it can be used; else why not, and what can be done. */
  problem(): Promise<ManagerProblem | undefined>;
  /** The definition, parsed back; undefined when there is none. */
  command(): InstalledService | undefined;
  /** It starts with the machine or the user. */
  isLoaded(): Promise<boolean>;
  runtime(): Promise<ServiceRuntime>;
  /** What people should know of a service that is installed. */
  hints(): Promise<readonly ServiceHint[]>;
  /** Writes the definition, enables it, and starts the service anew. Gives what people should know. @throws UserError */
  install(definition: ServiceDefinition): Promise<readonly string[]>;
  /** Stops the service and removes its definition. @throws UserError */
  uninstall(): Promise<void>;
  /** @throws UserError */
  start(): Promise<void>;
  /** Until it is started again; `disable`: also after the next boot. @throws UserError */
  stop(disable: boolean): Promise<void>;
  /** @throws UserError */
  restart(): Promise<void>;
}

export interface ServiceHint {
  readonly code: string;
  readonly message: string;
  /** Whether it is to be mended, as a question. */
  readonly question: string;
  /** @throws UserError where this user may not */
  mend(): Promise<void>;
}

export interface ManagerProblem {
  readonly message: string;
  readonly hints: readonly string[];
}
