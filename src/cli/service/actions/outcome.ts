/** What a service command has done, as people and programs are told (cli.md §5). */
import type { ServiceContext } from '../context.js';

export type ServiceAction = 'install' | 'uninstall' | 'start' | 'stop' | 'restart';

export interface Outcome {
  readonly result:
    | 'installed'
    | 'already-installed'
    | 'uninstalled'
    | 'started'
    | 'stopped'
    | 'restarted'
    /** It will be, when what is under way has ended. */
    | 'scheduled'
    | 'not-loaded';
  readonly message: string;
  readonly hints?: readonly string[];
  readonly warnings?: readonly string[];
}

export interface ServiceBlock {
  readonly label: string;
  readonly loaded: boolean;
  readonly loadedText: string;
  readonly notLoadedText: string;
}

export async function serviceBlock({ manager }: ServiceContext): Promise<ServiceBlock> {
  if (!manager) return { label: 'none', loaded: false, loadedText: 'loaded', notLoadedText: 'not supported' };
  const { label, loadedText, notLoadedText } = manager;
  return { label, loaded: await manager.isLoaded(), loadedText, notLoadedText };
}
