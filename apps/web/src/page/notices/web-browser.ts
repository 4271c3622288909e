import type { Browser, PushEndpoint } from '../../state/browser.ts'

const prefix = 'fastchat-'

/** The parts of this browser by which it tells about messages. */
export const webBrowser: Browser = {
  permission: () => ('Notification' in window && navigator.serviceWorker ? Notification.permission : 'unsupported'),
  askPermission: async () => await Notification.requestPermission(),
  tell(message) {
    void navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage(message))
  },
  async openPush(publicKey) {
    const manager = await pushManager()
    if (!manager) return undefined
    const known = await manager.getSubscription()
    // A subscription under another key is of another installation, or of former secrets.
    if (known && textOf(known.options.applicationServerKey) !== publicKey) await known.unsubscribe()
    try {
      return endpointOf(await manager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey }))
    } catch {
      return undefined // this browser has no push service, or does not reach it
    }
  },
  async findPush() {
    const known = await (await pushManager())?.getSubscription()
    return known ? endpointOf(known) : undefined
  },
  choice: (name) => localStorage.getItem(prefix + name) === 'true',
  choose: (name, isChosen) => localStorage.setItem(prefix + name, String(isChosen)),
}

const pushManager = async (): Promise<PushManager | undefined> =>
  (await navigator.serviceWorker?.getRegistration())?.pushManager

const endpointOf = (subscription: PushSubscription): PushEndpoint => ({
  endpoint: subscription.endpoint,
  end: async () => void (await subscription.unsubscribe()),
})

/** Returns a key as base64url text. */
const textOf = (key: ArrayBuffer | null): string =>
  btoa(String.fromCharCode(...new Uint8Array(key ?? new ArrayBuffer(0))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
