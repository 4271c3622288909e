import type { DeviceId, ServerFrame, UserId } from '@fastchat/schema'
import type { DeviceKey, Session, UserKey } from '../domain/ports.ts'

/** A device's connection to this pod. */
export type ConnectedDevice = {
  readonly session: Session
  /** The order of the device's connections. See `Arrival`. */
  readonly order: number
  /** Reads again what the device may receive. */
  refresh(): void
  /** Sends a frame that is not part of a log. */
  tell(frame: ServerFrame): void
  /** Closes this connection, since the device has a newer one. */
  replaced(): void
}

/** The devices connected to this pod, each with its newest connection. */
export class Devices {
  readonly #byDevice = new Map<DeviceKey, ConnectedDevice>()
  readonly #byUser = new Map<UserId, Set<ConnectedDevice>>()
  readonly #userIds = new Map<UserKey, UserId>()

  get count(): number {
    return this.#byDevice.size
  }

  /** Adds a connection. It replaces the device's older connection on this pod, if there is one. */
  enter(connected: ConnectedDevice): void {
    const { device, user, userId } = connected.session
    this.#byDevice.get(device)?.replaced()
    this.#byDevice.set(device, connected)
    this.#userIds.set(user, userId)
    const others = this.#byUser.get(userId)
    if (others) others.add(connected)
    else this.#byUser.set(userId, new Set([connected]))
  }

  leave(connected: ConnectedDevice): void {
    const { device, user, userId } = connected.session
    if (this.#byDevice.get(device) === connected) this.#byDevice.delete(device)
    const ofUser = this.#byUser.get(userId)
    if (!ofUser?.delete(connected) || ofUser.size > 0) return
    this.#byUser.delete(userId)
    this.#userIds.delete(user)
  }

  find(device: DeviceKey): ConnectedDevice | undefined {
    return this.#byDevice.get(device)
  }

  findById(user: UserId, device: DeviceId): ConnectedDevice | undefined {
    for (const connected of this.#byUser.get(user) ?? []) {
      if (connected.session.deviceId === device && this.find(connected.session.device) === connected) return connected
    }
    return undefined
  }

  refreshAll(): void {
    for (const connected of this.#byDevice.values()) connected.refresh()
  }

  /** Sends a frame to the devices of a user on this pod, except one. */
  tellUser(user: UserId, frame: ServerFrame, except?: DeviceId): void {
    for (const connected of this.#byUser.get(user) ?? [])
      if (connected.session.deviceId !== except) connected.tell(frame)
  }

  refreshUser(user: UserId): void {
    for (const connected of this.#byUser.get(user) ?? []) connected.refresh()
  }

  refreshUserKey(user: UserKey): void {
    const id = this.#userIds.get(user)
    if (id !== undefined) this.refreshUser(id)
  }
}
