/** What the methods on secrets take (methods.md §7). */
import * as v from 'valibot';
import { requestLimits } from '../../../shared/limits.js';
import { secretLimits } from '../../../shared/secrets/limits.js';
import { about, compile, list } from '../../../shared/schema.js';
import { label, none, optional, text } from './param-types.js';

const paths = list(text(requestLimits.pathChars), secretLimits.refs);

export const secretParams = {
  'secrets.reload': none,
  'secrets.resolve': compile(
    v.strictObject({
      // Missing and empty ones have errors of their own.
      commandName: optional(about('Required: who needs them.', label(requestLimits.textChars))),
      targetIds: optional(
        about('Required: at least one.', list(text(requestLimits.textChars), secretLimits.targets)),
      ),
      allowedPaths: optional(about('Only these paths of the config.', paths)),
      forcedActivePaths: optional(about('Resolved although they are not in use.', paths)),
      optionalActivePaths: optional(about('The same; one that fails is named in `diagnostics`.', paths)),
    }),
  ),
};
