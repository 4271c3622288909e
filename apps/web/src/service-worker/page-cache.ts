/** The list of the files of a build, each with the SHA-256 of its bytes in hex. */
type BuildFiles = { readonly sources: string; readonly files: Readonly<Record<string, string>> }

const prefix = 'fastchat-build-'
const nameOf = (build: string): string => `${prefix}${build}`
/** Builds whose files are kept: this one, and the one that other tabs may still run. */
const keptBuilds = 2
/** The page answers for all addresses without a file. */
const pagePath = '/'

/**
 * Stores the files of a build. It takes only files whose hash stands in the build's list, so a half
 * replaced server never gives half a page.
 *
 * @throws Error when a file is not that of this build; the browser tries again later
 */
export async function cacheBuild(build: string): Promise<void> {
  const list: BuildFiles = await (await fetch('/manifest.json', { cache: 'no-store' })).json()
  if (list.sources !== build) throw new Error('the server has another build by now')
  const cache = await caches.open(nameOf(build))
  const paths = Object.keys(list.files).filter((path) => path !== 'sw.js')
  await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`/${path === 'index.html' ? '' : path}`, { cache: 'no-cache' })
      if (!answer.ok || answer.redirected) throw new Error('the server did not give a file of this build')
      if ((await digestOf(await answer.clone().arrayBuffer())) !== list.files[path])
        throw new Error('a file of the server is not that of this build')
      await cache.put(path === 'index.html' ? pagePath : `/${path}`, answer)
    }),
  )
}

/** Returns a file of this build, or of the build before it for a tab that still runs that one. */
export async function cachedFile(request: Request, build: string): Promise<Response> {
  const path = request.mode === 'navigate' ? pagePath : new URL(request.url).pathname
  const own = await caches.match(path, { cacheName: nameOf(build) })
  return own ?? (await caches.match(path)) ?? (await fetch(request))
}

/** Forgets all builds but this one and the newest before it. */
export async function dropOldBuilds(build: string): Promise<void> {
  // Names come in the order in which the caches were made.
  const others = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== nameOf(build))
  for (const name of others.slice(0, Math.max(0, others.length - keptBuilds + 1))) await caches.delete(name)
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
