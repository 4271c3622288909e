import type { AppStore } from '../../state/app-store.ts'

/** How often the browser looks for a new build, besides when the connection comes back. */
const everyMs = 30 * 60_000

/**
 * Registers the service worker, and offers a reload when a newer build is ready. Returns how that
 * build is used.
 */
export async function keepBuildFresh(scriptUrl: string | URL, store: AppStore): Promise<() => void> {
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker
  if (!workers) return () => location.reload()
  // The browser asks the server itself, so that no cache keeps an old worker alive.
  const registration = await workers.register(scriptUrl as string, { updateViaCache: 'none' })
  const offer = () => {
    if (registration.waiting && workers.controller) store.set({ newBuild: 'ready' })
  }
  const watch = () => registration.installing?.addEventListener('statechange', offer)
  offer()
  watch()
  registration.addEventListener('updatefound', watch)
  const look = () => void registration.update().catch(() => undefined) // the server is away
  setInterval(look, everyMs)
  let wasOnline = false
  store.subscribe(() => {
    const isOnline = store.state.engine?.link.state === 'online'
    if (isOnline && !wasOnline) look()
    wasOnline = isOnline
  })
  let isWanted = false
  workers.addEventListener('controllerchange', () => {
    if (isWanted) location.reload()
  })
  return () => {
    isWanted = true
    if (registration.waiting) registration.waiting.postMessage({ kind: 'activate' })
    else location.reload()
  }
}
