/**
 * The parts of a service worker's global scope that are used (https://w3c.github.io/ServiceWorker).
 * TypeScript cannot load its own types of them beside those of a page.
 */
export type WorkerScope = {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll(options: { readonly type: 'window'; readonly includeUncontrolled: true }): Promise<readonly WorkerClient[]>
    openWindow(url: string): Promise<WorkerClient | null>
    claim(): Promise<void>
  }
  skipWaiting(): Promise<void>
  addEventListener<Name extends keyof WorkerEvents>(name: Name, hear: (event: WorkerEvents[Name]) => void): void
}

export type WorkerClient = {
  readonly focused: boolean
  readonly visibilityState: DocumentVisibilityState
  focus(): Promise<WorkerClient>
  postMessage(message: unknown): void
}

type Lasting = { waitUntil(work: Promise<unknown>): void }
type WorkerEvents = {
  readonly install: Lasting
  readonly activate: Lasting
  readonly push: Lasting
  readonly fetch: { readonly request: Request; respondWith(answer: Promise<Response>): void }
  readonly notificationclick: Lasting & { readonly notification: Notification }
  readonly message: Lasting & { readonly data: unknown }
}
