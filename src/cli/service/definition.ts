/** A service as it is to be, and as it is found: the same facts in the words of whichever manager there is. */

/** What becomes a unit, a property list or a script (cli.md §15). There is never a secret in it. */
export interface ServiceDefinition {
  /** For people who list services. */
  readonly description: string;
  /** Program first, by its absolute path. */
  readonly programArguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A definition that was read back from the manager's own file; who wrote it is not known. */
export interface InstalledService extends Omit<ServiceDefinition, 'description' | 'workingDirectory'> {
  readonly workingDirectory: string | undefined;
  readonly sourcePath: string;
  /** What else the file says, by the manager's own names; several values where a name is repeated. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
}

/** Tells our definitions from others (cli.md §15.2). */
export const SERVICE_MARKER = 'pllan';

export function isOurs({ environment }: Pick<InstalledService, 'environment'>): boolean {
  return environment.PLLAN_SERVICE_MARKER === SERVICE_MARKER;
}
