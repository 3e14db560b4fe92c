/** Folders where older releases had what is elsewhere now (cli.md §12, row 8): moved, where nothing is in their new place. */
import { existsSync, lstatSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { defaultAgent } from '../../../shared/config/agents.js';
import type { GatewayConfig } from '../../../shared/config/load.js';
import { defaultWorkspace, ownWorkspaces } from '../../../shared/config/workspaces.js';
import { displayPath, type Paths } from '../../../shared/paths.js';
import { makePrivateDir } from '../../../shared/private-file.js';
import { agentFolder } from '../../../shared/secrets/profiles/agent-files.js';
import type { Check } from '../finding.js';

export const legacyFolders: Check = {
  section: 'State integrity',
  changesSite: true,
  find({ loaded, context: { paths } }) {
    // Whose it is says a config that can be read.
    if (!loaded.ok) return [];
    const old = join(paths.stateDir, 'agent');
    const isFolder = lstatSync(old, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isFolder || isWorkspace(old, loaded.config, paths)) return [];
    const place = agentFolder(paths.stateDir, defaultAgent(loaded.config.agents.list));
    const [from, to] = [old, place].map((path) => displayPath(path, paths.home));
    const finding = {
      code: 'agent-dir-older-place',
      level: 'warn',
      message: `${from} is of an older release: the gateway reads ${to}.`,
    } as const;
    if (existsSync(place))
      return [
        { ...finding, advice: `Both are there: move what is still wanted, then: mv ${from} ${from}.old` },
      ];
    return [
      {
        ...finding,
        repair: {
          question: 'Move it there?',
          level: 'safe',
          run() {
            makePrivateDir(dirname(place));
            renameSync(old, place);
            return `Moved to ${to}`;
          },
        },
      },
    ];
  },
};

/** Somebody may work there today. */
function isWorkspace(folder: string, config: GatewayConfig, paths: Paths): boolean {
  const workspaces = [defaultWorkspace(config, paths), ...ownWorkspaces(config, paths).values()];
  return workspaces.some((one) => `${resolve(one)}/`.startsWith(`${folder}/`));
}
