import type { UserId } from '@fastchat/schema'

export type Person = { readonly userId: UserId; readonly username: string }
