/** `diagnostics` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { oneOf, truth } from './formats.js';

export interface DiagnosticsConfig {
  readonly prometheus: { readonly enabled: boolean; readonly auth: 'inherit' | 'none' };
}

export const diagnosticsSchema: convict.Schema<DiagnosticsConfig> = {
  prometheus: {
    enabled: { doc: 'Serve /metrics.', default: true, format: truth },
    auth: {
      doc: '"none": no credential needed, on a loopback bind only.',
      default: 'inherit',
      format: oneOf(['inherit', 'none']),
    },
  },
};
