/** Whether each path of the schema has a rule for its changes: a question that the compiler answers. */

/** Paths of what is no section: `gateway.port`, `tools.allow`. */
type LeafPath<T> = {
  [K in keyof T & string]: Section<T[K]> extends never ? K : `${K}.${LeafPath<Section<T[K]>>}`;
}[keyof T & string];

/** What of a key's values has keys of its own; lists have none. */
type Section<T> = T extends readonly unknown[] ? never : T extends object ? T : never;

/**
 * An object with the rules and, besides, a key for each path that no rule is a prefix of.
 *
 * @typeParam Tree the scalars, by section
 * @typeParam Structures paths of maps and lists, which one rule is enough for
 * @typeParam Rules paths of the rules
 */
export type WithRuleFor<Tree, Structures extends string, Rules extends string> = {
  readonly rules: unknown;
} & Readonly<Record<Exclude<LeafPath<Tree> | Structures, Rules | `${Rules}.${string}`>, 'has no rule'>>;
