/** A file of undici that is loaded alone: the whole of it, `fetch` and WebSocket included, takes three times as long to load. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool as WholePool } from 'undici';

  /** `request` and its like come with the whole of undici only. */
  type Pool = Pick<WholePool, 'dispatch' | 'close' | 'destroy'>;
  const Pool: new (...args: ConstructorParameters<typeof WholePool>) => Pool;
  export default Pool;
}
