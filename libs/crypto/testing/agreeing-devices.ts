import type { DeviceId, Roster, UserId } from '@fastchat/schema'
import { expect } from 'vitest'
import type { Trust } from '../src/mls/check-tree.ts'
import type { DeviceIdentity } from '../src/mls/device.ts'
import { Group } from '../src/mls/group.ts'
import type { Vote } from '../src/verify/vote.ts'
import { JudgingServer } from './judging-server.ts'
import { createPackage, type Person } from './people.ts'

export interface Change {
  add?: DeviceIdentity[]
  remove?: number[]
  roster?: Roster
  votes?: readonly Vote[]
}

interface Device {
  identity: DeviceIdentity
  group: Group
  /** The group before the last commit of another device. */
  before?: Group
}

const text = new TextEncoder()

/** The devices of one group in memory, for tests. All check each commit that one of them makes. */
export class AgreeingDevices {
  readonly server: JudgingServer
  /** The users who have left, and the revoked devices. The next commit must remove their leaves. */
  departed: readonly UserId[] = []
  revoked: readonly DeviceId[] = []
  readonly #people: (user: UserId) => Person
  readonly #inside = new Map<DeviceId, Device>()
  readonly #outside: Device[] = []
  /** The number of messages that all devices have decrypted. */
  opened = 0

  constructor(roster: Roster, people: (user: UserId) => Person) {
    this.server = new JudgingServer(roster)
    this.#people = people
  }

  /** Adds the device that creates the group. */
  begin(identity: DeviceIdentity, group: Group): void {
    this.#inside.set(identity.deviceId, { identity, group })
  }

  ids = (): DeviceId[] => [...this.#inside.keys()]

  /** `by` commits, the server judges, the other devices process it, and added devices join. */
  async commit(by: DeviceId, { add = [], remove = [], roster, votes }: Change): Promise<void> {
    const device = this.device(by)
    const packages = await Promise.all(add.map(createPackage))
    const made = await device.group.commit({
      add: packages.map((created) => created.publicBytes),
      remove,
      ...(roster && { roster }),
      ...(votes && { votes }),
      trust: this.#trust,
    })
    await this.#accept(device, made)
    const privates = new Map(packages.map((created) => [created.ref, created.privateBytes]))
    await Promise.all(
      add.map(async (identity) => {
        const { welcome = new Uint8Array() } = made
        const own = packages[add.indexOf(identity)]
        const keyPackages = (ref: string) => (ref === own?.ref ? privates.get(ref) : undefined)
        const group = await Group.joinByWelcome({ welcome, identity, keyPackages, trust: this.#trust })
        this.#inside.set(identity.deviceId, { identity, group })
      }),
    )
    expectAgreement([...this.#inside.values()], this.server)
  }

  /** One device sends. All devices inside decrypt it; devices outside cannot, with all old keys. */
  async everyoneReads(by: DeviceId): Promise<void> {
    const sender = this.device(by)
    const plaintext = text.encode(`${by} at ${this.server.epoch}, ${this.opened} opened`)
    const { group, envelope } = await sender.group.encrypt(plaintext)
    sender.group = group
    const leaf = { leafIndex: this.leafOf(by), userId: sender.identity.userId, deviceId: by }
    const readers = [...this.#inside.values()].filter((device) => device !== sender)
    await Promise.all(
      readers.map(async (reader) => {
        const read = await reader.group.process(envelope, this.#checks())
        expect(read.event).toMatchObject({ type: 'message', sender: leaf, plaintext })
        reader.group = read.group
        this.opened++
      }),
    )
    await Promise.all(
      this.#outside.map((device) =>
        expect(device.group.process(envelope, this.#checks())).rejects.toThrow('cannot process'),
      ),
    )
  }

  /** Restarts a device from its stored group. */
  restart(device: DeviceId): void {
    const { identity, group } = this.device(device)
    this.#inside.set(device, { identity, group: Group.decode(group.encode(), identity) })
  }

  async joinFromOutside(identity: DeviceIdentity): Promise<void> {
    const former = this.#inside.get(identity.deviceId)
    this.#inside.delete(identity.deviceId)
    const made = await Group.joinExternally({ groupInfo: this.server.groupInfo, identity, trust: this.#trust })
    const device = { identity, group: made.pending }
    await this.#accept(device, made)
    this.#inside.set(identity.deviceId, device)
    if (former !== undefined)
      await expect(former.group.process(made.commit, this.#checks())).rejects.toThrow('cannot process: replaced')
    expectAgreement([...this.#inside.values()], this.server)
  }

  async #accept(committer: Device, made: { pending: Group; commit: Uint8Array; groupInfo: Uint8Array }): Promise<void> {
    const others = [...this.#inside.values()].filter((device) => device !== committer)
    const judgement = await this.server.judge(committer, made, this.#pendingRemovals()).catch(async (error: Error) => {
      // What the server refuses, every member refuses, too.
      for (const { group } of others) await expect(group.process(made.commit, this.#checks())).rejects.toThrow()
      throw error
    })
    await Promise.all(
      others.map(async (device) => {
        const processed = await device.group.process(made.commit, this.#checks())
        expect(processed.event).toMatchObject({ type: 'commit', change: judgement.change })
        device.before = device.group
        device.group = processed.group
      }),
    )
    committer.group = made.pending
    this.server.accept(judgement, made)
    this.#putOutside()
  }

  #putOutside(): void {
    for (const device of [...this.#inside.values()]) {
      if (this.server.leaves.some((leaf) => leaf.deviceId === device.identity.deviceId)) continue
      expect(device.group.isMember).toBe(false)
      this.#inside.delete(device.identity.deviceId)
      this.#outside.push({ ...device, group: device.before ?? device.group })
    }
  }

  #pendingRemovals = () => ({ departed: this.departed, revoked: this.revoked })
  #checks = () => ({ trust: this.#trust, ...this.#pendingRemovals() })
  #trust: Trust = (all) =>
    all.every((claims) => claims.accountKey.toString() === this.#people(claims.userId).accountKey.toString())

  leafOf(device: DeviceId): number {
    const leaf = this.server.leaves.find((candidate) => candidate.deviceId === device)
    if (leaf === undefined) throw new Error('no leaf')
    return leaf.leafIndex
  }

  device(device: DeviceId): Device {
    const found = this.#inside.get(device)
    if (found === undefined) throw new Error('not inside')
    return found
  }
}

/** Checks that all devices have the server's leaves and roster, which come from proposals. */
function expectAgreement(devices: readonly Device[], server: JudgingServer): void {
  const authenticators = new Set<string>()
  for (const { group } of devices) {
    const leaves = group.members().map(({ leafIndex, userId, deviceId }) => ({ leafIndex, userId, deviceId }))
    expect(leaves).toEqual(server.leaves)
    expect(group.roster).toEqual(server.roster)
    expect(group.epoch).toBe(server.epoch)
    authenticators.add(group.epochAuthenticator.toString())
  }
  expect(authenticators.size).toBe(1)
}
