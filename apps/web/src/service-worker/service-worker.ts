import { buildId } from '../build-id.ts'
import { isPageFile } from './is-page-file.ts'
import { openChat, showMessage, showPush, takeAway } from './notices.ts'
import { cacheBuild, cachedFile, dropOldBuilds } from './page-cache.ts'
import type { ToServiceWorker } from './worker-messages.ts'
import type { WorkerScope } from './worker-scope.ts'

declare const __WORKER__: 'on' | 'off'

// The cast holds because the browser runs this script in a service worker only.
const scope = globalThis as unknown as WorkerScope

/**
 * The service worker keeps the files of the page, so that it opens without a network, and tells
 * about messages. It holds no key and reads no message: the engine of a tab does.
 */
if (__WORKER__ === 'on') {
  scope.addEventListener('install', (event) => event.waitUntil(cacheBuild(buildId)))
  scope.addEventListener('activate', (event) =>
    event.waitUntil(dropOldBuilds(buildId).then(() => scope.clients.claim())),
  )
  scope.addEventListener('fetch', (event) => {
    const { request } = event
    if (isPageFile(request, location.origin)) event.respondWith(cachedFile(request, buildId))
  })
  scope.addEventListener('push', (event) => event.waitUntil(showPush(scope)))
  scope.addEventListener('notificationclick', (event) => event.waitUntil(openChat(scope, event.notification)))
  scope.addEventListener('message', (event) => {
    // The cast holds because only scripts of this origin can send here.
    const message = event.data as ToServiceWorker
    if (message.kind === 'activate') void scope.skipWaiting()
    else if (message.kind === 'notify') event.waitUntil(showMessage(scope, message))
    else if (message.kind === 'read') event.waitUntil(takeAway(scope, message.chat))
    else event.waitUntil(keepWords(message.newMessage))
  })
} else {
  // A build without a worker: this one removes the caches and itscope.
  scope.addEventListener('install', () => void scope.skipWaiting())
  scope.addEventListener('activate', (event) => event.waitUntil(removeAll()))
}

async function keepWords(newMessage: string): Promise<void> {
  const cache = await caches.open('fastchat-words')
  await cache.put('/new-message', new Response(newMessage))
}

async function removeAll(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name)
  await scope.registration.unregister()
}
