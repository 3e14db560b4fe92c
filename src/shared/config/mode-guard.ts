/** Whether a config was meant to start a gateway (config.md §10). */

/** Why it is not to be started from; undefined when it may. */
export function modeRefusal(exists: boolean, mode: string | null): string | undefined {
  if (!exists)
    return 'Missing config. Run `pllan setup` or set gateway.mode=local (or pass --allow-unconfigured).';
  if (mode === null)
    return (
      'Gateway start blocked: existing config is missing gateway.mode. Treat this as suspicious or clobbered config. ' +
      'Re-run `pllan onboard --mode local` or `pllan setup`, set gateway.mode=local manually, or pass --allow-unconfigured.'
    );
  if (mode === 'local') return undefined;
  return `Gateway start blocked: set gateway.mode=local (current: ${mode}) or pass --allow-unconfigured.`;
}
