/** Tracks whether the server has delivered the backlog. */
export class SyncProgress {
  #isSynced = false
  #hasSynced = false

  /** The backlog of the present connection is delivered. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** A backlog was once delivered since this device was opened. */
  get hasSynced(): boolean {
    return this.#hasSynced
  }

  /** Notes a new connection. */
  connected(): void {
    this.#isSynced = false
  }

  /** Notes the end of a backlog. */
  synced(): void {
    this.#isSynced = true
    this.#hasSynced = true
  }
}
