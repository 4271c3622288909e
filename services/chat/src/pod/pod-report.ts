import type { PodLoad, PodRecord } from '@fastchat/cluster'
import type { DeviceId } from '@fastchat/schema'

export type OpenRecord = (load: () => Omit<PodLoad, 'lagMs'>, drain: () => Promise<void>) => PodRecord

/** Reports this pod to the balancer once it is started. Before that, its calls do nothing. */
export class PodReport {
  readonly #open: OpenRecord
  #record: PodRecord | undefined

  constructor(open: OpenRecord) {
    this.#open = open
  }

  /**
   * Starts to report. Call it when the port is open. `drain` is called when an operator asks for
   * it.
   */
  start(load: () => Omit<PodLoad, 'lagMs'>, drain: () => Promise<void>): void {
    this.#record = this.#open(load, drain)
  }

  /** Notes that `device` is among the reported connections, so its reservation can go. */
  arrived(device: DeviceId): void {
    this.#record?.arrived(device)
  }

  /** Tells the balancer to send no more clients. Resolves when Redis knows, or can't be told. */
  async drain(): Promise<void> {
    await this.#record?.drain()
  }

  async close(): Promise<void> {
    await this.#record?.close()
  }
}
