/** Folders where older releases had what is elsewhere now (cli.md §12, row 8): moved, where nothing is in their new place. */
import { existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultAgent } from '../../../shared/config/agents.js';
import { displayPath } from '../../../shared/paths.js';
import { makePrivateDir } from '../../../shared/private-file.js';
import { agentFolder } from '../../../shared/secrets/profiles/agent-files.js';
import type { Check } from '../finding.js';
import { statsOf } from './state-parts.js';

export const legacyFolders: Check = {
  section: 'State integrity',
  changesSite: true,
  find({ loaded, context: { paths } }) {
    const old = join(paths.stateDir, 'agent');
    if (statsOf(old)?.isDirectory() !== true) return [];
    const place = agentFolder(paths.stateDir, defaultAgent(loaded.ok ? loaded.config.agents.list : []));
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
