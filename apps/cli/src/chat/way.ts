import type { Chat } from './chat.ts'

/** A way to the device. This process holds it, or another process does until `gone`. */
export type Way = { readonly chat: Chat; readonly gone: Promise<void>; close(): Promise<void> }
