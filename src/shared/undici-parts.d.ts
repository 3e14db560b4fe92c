/** Files of undici that are loaded alone: the whole of it, `fetch` and WebSocket included, takes three times as long to load. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool as WholePool } from 'undici';

  /** `request` and its like come with the whole of undici only. */
  type Pool = Pick<WholePool, 'dispatch' | 'close' | 'destroy'>;
  const Pool: new (...args: ConstructorParameters<typeof WholePool>) => Pool;
  export default Pool;
}
/** What is missing of such a pool: to be called with one as `this`. */
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  export default function request(
    this: Pick<Dispatcher, 'dispatch'>,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}
