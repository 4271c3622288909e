import { createHash } from 'node:crypto'

/** Returns 32 bytes that are the same each time: the hash of the key's name. */
export const keyNamed = (name: string): Buffer => createHash('sha256').update(`fastchat test vector: ${name}`).digest()

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')

export const userIds = [
  '0195f3a0-7c00-7000-8000-0000000000a1',
  '0195f3a0-7c00-7000-8000-0000000000b2',
  '0195f3a0-7c00-7000-8000-0000000000c3',
] as const
export const deviceId = '0195f3a0-7c00-7000-8000-0000000000d4'
export const conversation = '0195f3a0-7c00-7000-8000-0000000000e5'
