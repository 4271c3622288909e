import type { Chat } from './chat.ts'

/** One way to the device: held by this process, or by another one until `gone`. */
export type Way = { readonly chat: Chat; readonly gone: Promise<void>; close(): Promise<void> }
