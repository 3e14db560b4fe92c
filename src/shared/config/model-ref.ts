/** A model as people name it, `provider/model`; the model part may itself hold slashes. */

declare const modelRef: unique symbol;
export type ModelRef = string & { readonly [modelRef]: true };

const grammar = /^[a-z0-9][a-z0-9._-]{0,63}\/[^\s]{1,200}$/i;

export function isModelRef(value: string): value is ModelRef {
  return grammar.test(value);
}

export function splitModelRef(ref: ModelRef): { readonly provider: string; readonly model: string } {
  const slash = ref.indexOf('/');
  return { provider: ref.slice(0, slash), model: ref.slice(slash + 1) };
}

export function joinModelRef(provider: string, model: string): ModelRef {
  return `${provider}/${model}` as ModelRef;
}

/** The provider that is always there, and its one model: what a gateway without configuration answers with. */
export const ECHO_PROVIDER = 'echo';
export const ECHO_MODEL: ModelRef = joinModelRef(ECHO_PROVIDER, 'echo');
