/** Files and programs that secrets come from: there, and only their owner's (secrets.md §3.2, §3.3). No program is run. */
import { statSync } from 'node:fs';
import type { ExecProviderConfig, FileProviderConfig } from '../../../shared/config/secrets-schema.js';
import { displayPath, expandHome, type Paths } from '../../../shared/paths.js';
import { SecretFailure } from '../../../shared/secrets/failure.js';
import { requireSafeCommand } from '../../../shared/secrets/file-safety.js';
import { errorCode } from '../../../shared/to-error.js';
import { changeMode } from '../change-mode.js';
import type { Check, Finding } from '../finding.js';
import { gatewayUser } from '../gateway-user.js';

const OTHERS = 0o077;
const EXECUTABLE = 0o100;

export const secretProviders: Check = {
  section: 'Secrets',
  changesSite: true,
  async find({ loaded, context: { paths } }) {
    if (!loaded.ok || process.platform === 'win32') return [];
    const used = new Set(loaded.refs.map(({ ref }) => ref.provider));
    const findings: Finding[] = [];
    for (const [alias, provider] of Object.entries(loaded.config.secrets.providers)) {
      if (!used.has(alias)) continue;
      const name = `secrets.providers.${alias}`;
      if (provider.source === 'file') findings.push(...file(name, provider, paths));
      if (provider.source === 'exec') findings.push(...(await command(name, provider, paths)));
    }
    return findings;
  },
};

/** Who else it belongs to is told by the reference that cannot be resolved. */
function file(name: string, { path }: FileProviderConfig, paths: Paths): readonly Finding[] {
  const real = expandHome(path, paths.home);
  const stats = statSync(real, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.uid !== gatewayUser(paths) || (stats.mode & OTHERS) === 0) return [];
  const shown = displayPath(real, paths.home);
  return [
    {
      code: 'secret-file-open',
      level: 'error',
      message: `${name}: others can use ${shown}, so the gateway does not.`,
      repair: {
        question: 'Keep others out (chmod go-rwx)?',
        level: 'safe',
        run() {
          changeMode(real, stats, (mode) => mode & ~OTHERS);
          return `Only this user can use ${shown} now`;
        },
      },
    },
  ];
}

async function command(
  name: string,
  provider: ExecProviderConfig,
  paths: Paths,
): Promise<readonly Finding[]> {
  const user = gatewayUser(paths);
  const { command: path, trustedDirs } = provider;
  try {
    await requireSafeCommand(path, trustedDirs, user);
    return [];
  } catch (caught) {
    const code = errorCode(caught);
    const missing =
      code === 'ENOENT' ? 'there is no such command' : `it cannot be looked at (${code ?? '?'})`;
    const why = caught instanceof SecretFailure ? caught.message : missing;
    const finding = {
      code: 'secret-command-unusable',
      level: 'error',
      message: `${name}: ${path}: ${why}.`,
    } as const;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats || stats.uid !== user || (stats.mode & EXECUTABLE) !== 0)
      return [
        {
          ...finding,
          advice: `Put the program there as this user's own, mode 0700, or change ${name}.command.`,
        },
      ];
    const run = (): string => {
      changeMode(path, stats, (mode) => mode | EXECUTABLE);
      return `${path} can be executed by its owner now`;
    };
    return [
      { ...finding, repair: { question: 'Let it be executed (chmod u+x)?', level: 'recommended', run } },
    ];
  }
}
