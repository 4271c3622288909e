/** Paths that always go to the server: its contract, and the worker with its list of files. */
const serverPaths = ['/v1', '/ws', '/.well-known', '/sw.js', '/manifest.json']

/** Says whether a request is for a file of the page, which the service worker may answer. */
export function isPageFile({ method, url }: Pick<Request, 'method' | 'url'>, origin: string): boolean {
  const { origin: asked, pathname } = new URL(url)
  if (method !== 'GET' || asked !== origin) return false
  return !serverPaths.some((path) => pathname === path || pathname.startsWith(`${path}/`))
}
