/** `gateway.tailscale` of the config (config.md §7). */
import type convict from 'convict';
import { oneOf, truth } from './formats.js';

export const tailscaleModes = ['off', 'serve', 'funnel'] as const;
export type TailscaleMode = (typeof tailscaleModes)[number];

export interface TailscaleConfig {
  readonly mode: TailscaleMode;
  readonly resetOnExit: boolean;
}

export const tailscaleSchema: convict.Schema<TailscaleConfig> = {
  mode: {
    doc: 'Have Tailscale give the gateway an HTTPS name: in the tailnet (`serve`), or for everybody (`funnel`).',
    default: 'off',
    format: oneOf(tailscaleModes),
    arg: 'tailscale',
  },
  resetOnExit: { doc: 'Undo that when the gateway stops.', default: false, format: truth },
};
