/** Files of undici that are loaded alone: the whole of it, `fetch` and WebSocket included, takes three times as long to load. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}
/** What a dispatcher's `request` is, which one that is loaded alone does not have. */
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';
  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}
