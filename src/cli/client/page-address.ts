/** Where people find the page of a gateway (http.md §13). */
import { uiPath, type ControlUiConfig } from '../../shared/config/control-ui-schema.js';
import { displayUrl } from './gateway-url.js';

/** Undefined for a gateway that serves none. @param gateway its URL, `ws:` or `wss:` @param ui as its config has it */
export function pageAddress(
  gateway: URL,
  { enabled, basePath }: Pick<ControlUiConfig, 'enabled' | 'basePath'>,
): string | undefined {
  return enabled ? `${displayUrl(gateway).replace(/^ws/, 'http')}${uiPath(basePath)}/` : undefined;
}
