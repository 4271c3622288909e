import type { DeviceId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { asError, isTemporary } from '../errors.ts'
import type { EndedDevice, LifeSigns } from './life-signs.ts'
import type { OwnDevice } from './own-device.ts'

type Port = {
  readonly userId: string
  readonly signs: LifeSigns
  readonly conversations: () => readonly Pick<Conversation, 'group' | 'intents'>[]
  /** Tells the application of a device that was ended. */
  readonly tell: (device: EndedDevice) => void
  readonly onTrouble: (error: Error) => void
}

/**
 * Takes devices that nobody uses out of the groups. The server says which sessions were idle for
 * too long. That alone ends nothing: this device must not have had a sign of life either, for as
 * long. It then commits the removal as a member, so everybody checks its signature. A device that
 * comes back joins again by itself.
 */
export class IdleDevices {
  readonly #port: Port

  constructor(port: Port) {
    this.#port = port
  }

  /** Looks at the list of the account's devices. */
  async listed(devices: readonly OwnDevice[]): Promise<void> {
    const { signs, tell } = this.#port
    await signs.follow(devices.map(({ deviceId }) => deviceId))
    for (const { deviceId, number, name, kind, session, isThis } of devices) {
      if (isThis || session !== 'idle' || !(await signs.isQuiet(deviceId))) continue
      this.takeOut(deviceId)
      const device = { deviceId, number, name, ...(kind !== undefined && { kind }) }
      if (await signs.ended(device)) tell(device)
    }
  }

  /** Returns the ended devices at which nobody has looked. */
  async unseen(): Promise<readonly EndedDevice[]> {
    return await this.#port.signs.unseen()
  }

  /** Notes that a person has looked at the ended devices, so that they are not told again. */
  async looked(): Promise<void> {
    await this.#port.signs.looked()
  }

  /** Removes a device of the account from the groups that this device is in. */
  takeOut(deviceId: DeviceId): void {
    const { conversations, userId, onTrouble } = this.#port
    for (const { group, intents } of conversations()) {
      const hasLeaf =
        group?.isMember && group.members().some((one) => one.userId === userId && one.deviceId === deviceId)
      if (!hasLeaf) continue
      intents.want({ kind: 'leaves', deviceIds: [deviceId] }).catch((error: unknown) => {
        // The next look tries again.
        if (!isTemporary(error)) onTrouble(asError(error))
      })
    }
  }
}
