/** The paths that the primary answers itself, whatever state the workers are in (http.md §2, §12). */
export const probePaths = {
  '/health': 'live',
  '/healthz': 'live',
  '/ready': 'ready',
  '/readyz': 'ready',
  '/startup': 'startup',
  '/startupz': 'startup',
} as const;

export const metricsPaths: readonly string[] = ['/metrics', '/api/diagnostics/prometheus'];

export const primaryPaths: readonly string[] = [...Object.keys(probePaths), ...metricsPaths];

/** The path of a request target, without its query; the absolute form is reduced to its path. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.startsWith('/') ? path : (/^https?:\/\/[^/]*(\/.*)?$/i.exec(path)?.[1] ?? path);
}

/** One trailing slash does not matter (http.md §1). */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

export function isPrimaryPath(path: string): boolean {
  return primaryPaths.includes(path);
}
