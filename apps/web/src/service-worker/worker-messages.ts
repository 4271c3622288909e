/** A message of a tab to the service worker. */
export type ToServiceWorker =
  /** Tells about new messages of a chat, unless a tab has the focus. */
  | {
      readonly kind: 'notify'
      readonly chat: string
      readonly title: string
      readonly body: string
      readonly count: number
    }
  /** Takes the notifications of a chat away, or of all chats: they were read. */
  | { readonly kind: 'read'; readonly chat?: string }
  /** Takes the words for a push, in the language of the person. */
  | { readonly kind: 'words'; readonly newMessage: string }
  /** Takes the place of the worker of the older build. */
  | { readonly kind: 'activate' }

/** A message of the service worker to a tab: a person has clicked a notification of a chat. */
export type FromServiceWorker = { readonly kind: 'open'; readonly chat: string }

/** Begins the part of the page's address that names a chat. */
export const chatHash = '#chat='
