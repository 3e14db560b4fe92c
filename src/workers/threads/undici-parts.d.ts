/** Files of undici that are loaded alone: the whole of it, `fetch` and WebSocket included, takes three times as long to load. */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}
