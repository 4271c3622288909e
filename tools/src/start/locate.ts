import type { ServiceName } from '@fastchat/schema'

/**
 * Returns the current address of a service, or of the chat pod with this name, as
 * `http://host:port`. Undefined while it is down.
 */
export type Locate = (service: ServiceName, pod?: string) => string | undefined
