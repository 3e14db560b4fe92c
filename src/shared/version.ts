/** Product version, read once from package.json: the one place where it is written. */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  engines: { node: string };
};

export const VERSION: string = manifest.version;

/** The oldest Node that runs it. */
export const NEEDED_NODE: string = manifest.engines.node.replace(/^[^\d]*/, '');
