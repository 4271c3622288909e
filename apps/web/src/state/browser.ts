import type { ToServiceWorker } from '../service-worker/worker-messages.ts'

/** The endpoint that the browser's push service gives, and a way to end it. */
export type PushEndpoint = { readonly endpoint: string; end(): Promise<void> }

/** The parts of the browser by which it tells about messages. */
export type Browser = {
  /** The browser's answer to whether the page may notify; `unsupported` where it cannot. */
  permission(): NotificationPermission | 'unsupported'
  /** Asks the person. Call it after a click only. */
  askPermission(): Promise<NotificationPermission>
  /** Sends a message to the service worker. It gets lost while there is none. */
  tell(message: ToServiceWorker): void
  /** Returns the endpoint for pushes under the server's key, or undefined where there are none. */
  openPush(publicKey: string): Promise<PushEndpoint | undefined>
  /** Returns the endpoint for pushes, if there is one. */
  findPush(): Promise<PushEndpoint | undefined>
  /** Reads and stores a choice of the person in this browser. */
  choice(name: string): boolean
  choose(name: string, isChosen: boolean): void
}
