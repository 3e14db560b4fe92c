/** Files and programs that secrets come from: there, and only their owner's (secrets.md §3.2, §3.3). No program is run. */
import { chmodSync, statSync } from 'node:fs';
import type { ExecProviderConfig, FileProviderConfig } from '../../../shared/config/secrets-schema.js';
import { displayPath, expandHome } from '../../../shared/paths.js';
import { SecretFailure } from '../../../shared/secrets/failure.js';
import { currentUser, requireSafeCommand } from '../../../shared/secrets/file-safety.js';
import { errorCode } from '../../../shared/to-error.js';
import type { Check, Finding } from '../finding.js';

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
      if (provider.source === 'file') findings.push(...file(name, provider, paths.home));
      if (provider.source === 'exec') findings.push(...(await command(name, provider)));
    }
    return findings;
  },
};

/** Who else it belongs to is told by the reference that cannot be resolved. */
function file(name: string, { path }: FileProviderConfig, home: string): readonly Finding[] {
  const real = expandHome(path, home);
  const stats = statSync(real, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.uid !== currentUser() || (stats.mode & OTHERS) === 0) return [];
  const shown = displayPath(real, home);
  return [
    {
      code: 'secret-file-open',
      level: 'error',
      message: `${name}: others can use ${shown}, so the gateway does not.`,
      repair: {
        question: 'Keep others out (chmod go-rwx)?',
        level: 'safe',
        run() {
          chmodSync(real, stats.mode & 0o700);
          return `Only this user can use ${shown} now`;
        },
      },
    },
  ];
}

async function command(name: string, provider: ExecProviderConfig): Promise<readonly Finding[]> {
  const { command: path, trustedDirs } = provider;
  try {
    await requireSafeCommand(path, trustedDirs, currentUser());
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
    if (!stats || stats.uid !== currentUser() || (stats.mode & EXECUTABLE) !== 0)
      return [
        {
          ...finding,
          advice: `Put the program there as this user's own, mode 0700, or change ${name}.command.`,
        },
      ];
    const run = (): string => {
      chmodSync(path, stats.mode | EXECUTABLE);
      return `${path} can be executed by its owner now`;
    };
    return [
      { ...finding, repair: { question: 'Let it be executed (chmod u+x)?', level: 'recommended', run } },
    ];
  }
}
