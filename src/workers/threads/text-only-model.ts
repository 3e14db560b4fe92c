/** Models that take no images: a request with some is refused, in the same words everywhere. */
import { joinModelRef } from '../../shared/config/model-ref.js';
import { ApiError } from '../../shared/errors/api-error.js';
import type { RouteTable } from '../../shared/routes.js';
import type { Selection } from './model-selection.js';

export function isImageModel({ provider, model }: Selection, { textOnly }: RouteTable): boolean {
  return !textOnly.includes(joinModelRef(provider.id, model));
}

/** @throws ApiError 400 when the model takes none */
export function requireImageModel(selection: Selection, routes: RouteTable): void {
  if (!isImageModel(selection, routes)) throw textOnlyModel(selection);
}

export function textOnlyModel({ provider, model }: Selection): ApiError {
  const name = joinModelRef(provider.id, model);
  return new ApiError('invalidRequest', {
    message: `Model ${name} does not take images. Choose another one, or add "image" to its "input" in models.providers.${provider.id}.models.`,
  });
}
