import { chatHash, type FromServiceWorker, type ToServiceWorker } from './worker-messages.ts'
import type { WorkerClient, WorkerScope } from './worker-scope.ts'

/** The one notice of a push: it names no chat, because a push has no content. */
const pushTag = 'push'
const tagOf = (chat: string): string => `chat ${chat}`
const icon = '/icon-192.png'

/** Shows the notice of a chat, in place of its last one, unless a tab has the focus. */
export async function showMessage(
  self: WorkerScope,
  { chat, title, body, count }: Extract<ToServiceWorker, { kind: 'notify' }>,
): Promise<void> {
  if ((await tabs(self)).some(({ focused }) => focused)) return
  await takeAwayTag(self, pushTag)
  const options = { tag: tagOf(chat), body, icon, badge: icon, data: { chat }, renotify: true }
  await self.registration.showNotification(title, options)
  await badge(count)
}

/**
 * Says that a message came. It reads none: the engine of a tab is the only writer of the store, and
 * a browser may end a service worker at any moment. A visible tab shows the message itself.
 */
export async function showPush(self: WorkerScope): Promise<void> {
  const open = await tabs(self)
  if (open.some(({ visibilityState }) => visibilityState === 'visible')) return
  const words = await caches.match('/new-message', { cacheName: 'fastchat-words' })
  const title = (await words?.text()) ?? 'New message'
  await self.registration.showNotification(title, { tag: pushTag, icon, badge: icon })
  await badge()
}

/** Shows the chat of a notice in a tab, in a new one if none is open. */
export async function openChat(self: WorkerScope, notice: Notification): Promise<void> {
  notice.close()
  const chat: unknown = notice.data?.chat
  const [first] = await tabs(self)
  const address = typeof chat === 'string' ? `/${chatHash}${encodeURIComponent(chat)}` : '/'
  if (!first) {
    await self.clients.openWindow(address)
    return
  }
  if (typeof chat === 'string') first.postMessage({ kind: 'open', chat } satisfies FromServiceWorker)
  await first.focus()
}

/** Takes the notice of a chat away, or all notices. */
export async function takeAway(self: WorkerScope, chat: string | undefined): Promise<void> {
  await takeAwayTag(self, chat === undefined ? undefined : tagOf(chat))
  if (chat === undefined) await badge(0)
}

async function takeAwayTag(self: WorkerScope, tag: string | undefined): Promise<void> {
  const shown = await self.registration.getNotifications(tag === undefined ? {} : { tag })
  for (const notice of shown) notice.close()
}

async function tabs(self: WorkerScope): Promise<readonly WorkerClient[]> {
  return await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
}

/** Sets the mark at the icon of the installed app: a number, or a dot without one. */
async function badge(count?: number): Promise<void> {
  await navigator.setAppBadge?.(count).catch(() => undefined)
}
