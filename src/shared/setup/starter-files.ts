/** What a new workspace holds: files that an agent reads before each turn, for people to fill in (cli.md §13). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivateFile, makePrivateDir } from '../private-file.js';

interface StarterFile {
  readonly name: string;
  readonly text: string;
}

/** `BOOTSTRAP.md` is for the very first conversation: not for a workspace that people have worked in. */
const FIRST_DAY = 'BOOTSTRAP.md';

const starterFiles: readonly StarterFile[] = [
  {
    name: 'AGENTS.md',
    text: `# How to work here

This folder is yours: read and write in it freely, and ask before you touch anything outside of it.

- Say what you did, not what you are about to do.
- When you are not sure that something may be done, ask first. Sending messages and deleting files cannot be undone.
- Keep what should outlast a conversation in a file of this folder, with the date.
`,
  },
  {
    name: 'SOUL.md',
    text: `# Who you are

Helpful, brief, honest about what you do not know. You have opinions and say why.
`,
  },
  {
    name: 'TOOLS.md',
    text: `# Notes on tools

What is particular here: host names, paths, accounts and habits that a tool's own description does not tell.
`,
  },
  {
    name: 'IDENTITY.md',
    text: `# Identity

- Name:
- Character:
- Emoji:
`,
  },
  {
    name: 'USER.md',
    text: `# Who you work for

- Name:
- How to address them:
- Time zone:
- What they care about:
`,
  },
  {
    name: 'HEARTBEAT.md',
    text: `# Heartbeat

<!-- What to look after without being asked, a line each. As long as there is none, no heartbeat runs. -->
`,
  },
  {
    name: FIRST_DAY,
    text: `# First conversation

You are new here. Find out together with your user who you are and who they are: a name, a tone, what you are for.
Write it into IDENTITY.md, USER.md and SOUL.md, then delete this file.
`,
  },
];

/** Makes the folder and those files that are missing; gives the names of the new ones. @throws the file system's error */
export function makeWorkspace(folder: string): readonly string[] {
  makePrivateDir(folder);
  const known = starterFiles.some(({ name }) => existsSync(join(folder, name)));
  return starterFiles
    .filter(({ name }) => name !== FIRST_DAY || !known)
    .filter(({ name, text }) => createPrivateFile(join(folder, name), text))
    .map(({ name }) => name);
}
