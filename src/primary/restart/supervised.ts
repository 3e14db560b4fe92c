/** Whether somebody starts the gateway anew when it ends (operations.md §3.2, §5). */
import type { Environment } from '../../shared/paths.js';

/** systemd does not start it again after exit code 78, where a healthy twin stands in its way (config.md §11). */
export function isOfSystemd(env: Environment, pid: number): boolean {
  if (env.SYSTEMD_EXEC_PID === String(pid)) return true;
  // With a wrapper systemd has started another process.
  return Boolean(env.PLLAN_SERVICE_MARKER && env.INVOCATION_ID);
}

/**
 * Only what was said to this very process counts: terminals hand on what their own manager told them, `INVOCATION_ID` for
 * one. The task scheduler of Windows starts nothing anew.
 */
export function isSupervised(env: Environment, pid: number): boolean {
  if (env.PLLAN_NO_RESPAWN === '1' || env.PLLAN_WINDOWS_TASK_NAME) return false;
  if (env.PLLAN_SERVICE_MARKER) return true;
  if (env.SYSTEMD_EXEC_PID === String(pid)) return true;
  const profile = env.PLLAN_PROFILE && env.PLLAN_PROFILE !== 'default' ? env.PLLAN_PROFILE : 'gateway';
  return env.XPC_SERVICE_NAME === (env.PLLAN_LAUNCHD_LABEL || `ai.pllan.${profile}`);
}
