/** What the audit looks at: the definition as it is, as it is to be, and what it takes to compare them (cli.md §16). */
import { basename, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { usableSecret } from '../../../shared/auth/secret-sources.js';
import { VERSION } from '../../../shared/version.js';
import type { InstalledService, ServiceDefinition } from '../definition.js';
import { entryPath } from '../desired.js';
import type { ServiceManager } from '../manager.js';
import { isVersionManaged, nodeVersion, realPath, systemNode } from '../node-program.js';
import { serviceSources, type ServiceContext } from '../context.js';
import { argumentValue } from './read-settings.js';

export interface AuditFacts {
  readonly kind: ServiceManager['kind'];
  readonly installed: InstalledService;
  readonly desired: ServiceDefinition;
  /** The program that the service starts; undefined with a wrapper, which may start any. */
  readonly entry: string | undefined;
  readonly desiredEntry: string;
  readonly servicePort: number | undefined;
  /** That the service reads. */
  readonly serviceConfigPath: string;
  /** That commands read. */
  readonly configPath: string;
  /** That commands ask. */
  readonly port: number;
  /** Compared, never shown. */
  readonly configToken: string | undefined;
  /** Of the `.env` file in the state directory. */
  readonly managedVariables: readonly string[];
  /** Undefined when it is not node. */
  readonly runtime: RuntimeFacts | undefined;
  /** A node that belongs to the system; looked for only where it matters. */
  readonly systemNode: string | undefined;
  readonly version: string;
}

export interface RuntimeFacts {
  readonly path: string;
  /** Undefined when it cannot be run. */
  readonly version: string | undefined;
  /** It is a version manager's. */
  readonly managed: boolean;
}

export async function collectFacts(
  context: ServiceContext,
  manager: ServiceManager,
  installed: InstalledService,
): Promise<AuditFacts> {
  const [program = '', second = ''] = installed.programArguments;
  const isNode = /^node(?:js)?(?:\.exe)?$/.test(basename(program.replaceAll('\\', '/')));
  const runtime = isNode ? await runtimeFacts(program, context) : undefined;
  const { run, platform } = context;
  return {
    kind: manager.kind,
    installed,
    desired: await context.desired(manager),
    entry: isNode && second !== '' && second !== 'gateway' ? realPath(second) : undefined,
    desiredEntry: entryPath(),
    servicePort: servicePort(installed),
    serviceConfigPath: serviceSources(installed).paths.configPath,
    configPath: context.paths.configPath,
    port: context.config.gateway.port,
    configToken: usableSecret(context.config.gateway.auth.token),
    managedVariables: variablesOf(join(context.paths.stateDir, '.env')),
    runtime,
    systemNode: runtime?.managed ? await systemNode({ platform, own: program, run }) : undefined,
    version: VERSION,
  };
}

/** The port that the service is told; undefined where it takes that of its config. */
export function servicePort({
  programArguments,
  environment,
}: Pick<InstalledService, 'programArguments' | 'environment'>): number | undefined {
  const text = argumentValue(programArguments, '--port') ?? environment.PLLAN_GATEWAY_PORT;
  const port = Number(text);
  return text !== undefined && Number.isInteger(port) && port > 0 ? port : undefined;
}

async function runtimeFacts(path: string, { run }: ServiceContext): Promise<RuntimeFacts> {
  return {
    path,
    version: await nodeVersion(path, run),
    managed: isVersionManaged(path) || isVersionManaged(realPath(path)),
  };
}

function variablesOf(file: string): readonly string[] {
  try {
    return Object.keys(parseEnv(readFileSync(file, 'utf8')));
  } catch {
    return []; // none there: then none of its variables are anywhere else
  }
}
