import type { Client } from '@fastchat/client'
import type { Clock } from '@fastchat/clock'
import { whileServed } from './until-settled.ts'

/**
 * The time that a change of a group waits for a pod. The change is kept, and made once there is
 * one.
 */
const changePatienceMs = 5_000

/** Connects, and waits for work that needs a pod, as long as there is one. */
export function servedBy<T>(client: Client, clock: Clock, work: Promise<T>): Promise<T> {
  client.start()
  return whileServed(client, { patienceMs: changePatienceMs, clock }, work)
}
