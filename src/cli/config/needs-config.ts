/** An invalid config stops every command but those that look for what is wrong, or mend it (config.md §5). */
const worksWithout: ReadonlySet<string> = new Set([
  'completion',
  'config',
  'daemon',
  'doctor',
  'gateway',
  'health',
  'logs',
  'status',
  // These look themselves, and have more to say.
  'onboard',
  'secrets audit',
  'setup',
]);

/** @param command all its words */
export function needsValidConfig(command: string): boolean {
  if (command === 'gateway usage-cost') return true;
  return !worksWithout.has(command) && !worksWithout.has(command.split(' ')[0] as string);
}
