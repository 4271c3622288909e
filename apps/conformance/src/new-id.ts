import type { Clock } from '@fastchat/clock'

/** Returns a new UUIDv7 at each call. */
export type NewId = () => string

/**
 * Returns a function that makes UUIDv7s: 48 bits of milliseconds, then random bits (RFC 9562
 * §5.7). `randomUuid` returns a UUIDv4.
 */
export const createNewId =
  ({ wallMs }: Pick<Clock, 'wallMs'>, randomUuid: () => string): NewId =>
  () => {
    const time = wallMs().toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUuid().slice(15)}`
  }
