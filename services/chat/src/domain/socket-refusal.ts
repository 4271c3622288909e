export type PodState = {
  readonly isLeaving: boolean
  readonly isClockOff: boolean
  readonly connections: number
  readonly maxConnections: number
  readonly isOverloaded: boolean
}

/** The reason why a pod takes no new connection. */
export type SocketRefusal = 'draining' | 'clock' | 'full' | 'overloaded'

/** Returns why a pod takes no new connection now, or undefined if it does. */
export function socketRefusal(pod: PodState): SocketRefusal | undefined {
  if (pod.isLeaving) return 'draining'
  if (pod.isClockOff) return 'clock'
  if (pod.connections >= pod.maxConnections) return 'full'
  return pod.isOverloaded ? 'overloaded' : undefined
}
