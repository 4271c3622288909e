import { randomUUID } from 'node:crypto'

/** Returns a UUIDv7: 48 bits of milliseconds, then random bits (RFC 9562 §5.7). */
export function uuid7(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
