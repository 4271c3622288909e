import type { ServiceName } from '@fastchat/schema'

/** Where a service, or the chat pod of a name, can be reached right now, as `http://host:port`; undefined while it is down. */
export type Locate = (service: ServiceName, pod?: string) => string | undefined
