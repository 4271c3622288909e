import type { Payload } from '../payload.ts'

/** Whether payloads are messages to read, by kind. A missing kind is a compile error. */
const isReadable: Readonly<Record<Payload['kind'] | 'unknown', boolean>> = {
  text: true,
  image: true,
  file: true,
  profile: false,
  shared: false,
  vote: false,
  edit: false,
  delete: false,
  reaction: false,
  pin: false,
  timer: false,
  card: false,
  // A newer version may know it as a message, so it must not be missed.
  unknown: true,
}

/**
 * Returns whether a payload is a message to read. Others neither count as unread nor move their
 * chat up.
 */
export const countsAsMessage = ({ kind }: Payload | { readonly kind: 'unknown' }): boolean => isReadable[kind]
