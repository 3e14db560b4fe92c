/** What is said of a path that the config file says nothing at: whether there is such a setting, and what counts then. */
import { childrenOf, placeAt } from '../../shared/config/describe.js';
import { formatPath, type ConfigPath } from '../../shared/config/path.js';
import { nearest } from '../../shared/nearest.js';
import { UserError } from '../user-error.js';

export function notFound(path: ConfigPath): UserError {
  const shown = formatPath(path);
  return new UserError(`Config path not found: ${shown}`, [hintFor(shown, path)].filter(Boolean));
}

function hintFor(shown: string, path: ConfigPath): string {
  const place = placeAt(shown);
  if (place) {
    const { default: preset } = place.schema;
    return preset === undefined
      ? 'It is not set.'
      : `It is not set; the default is ${JSON.stringify(preset)}.`;
  }
  const section = placeAt(formatPath(path.slice(0, -1)));
  const near =
    section &&
    nearest(
      shown,
      childrenOf(section).map(({ path: known }) => known),
    );
  return near === undefined ? '' : `(Did you mean ${near}?)`;
}
