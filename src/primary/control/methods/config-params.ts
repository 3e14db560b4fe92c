/** What the `config.*` methods take (methods.md §6). */
import { none } from './param-types.js';

export const configParams = { 'config.get': none };
