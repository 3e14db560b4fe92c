/** Label values of metrics: a fixed alphabet and length, else `unknown` (http.md §12). */
import { metricsLimits } from '../limits.js';

const pattern = new RegExp(`^[A-Za-z0-9_.:-]{1,${metricsLimits.labelChars}}$`);

export function label(value: string | undefined): string {
  if (!value) return 'unknown';
  const clean = value.replaceAll('/', ':');
  return pattern.test(clean) ? clean : 'unknown';
}
