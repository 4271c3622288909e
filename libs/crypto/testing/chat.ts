/** A conversation in memory for tests: a server that judges commits, and devices that check all. */
import type { DeviceId, Role, Roster, UserId } from '@fastchat/schema'
import { expect } from 'vitest'
import type { Trust } from '../src/mls/check-tree.ts'
import { type DeviceIdentity, signLeave, signVote } from '../src/mls/device.ts'
import { Group } from '../src/mls/group.ts'
import { applyCommit } from '../src/verify/apply-commit.ts'
import type { Leaf } from '../src/verify/commit-change.ts'
import { holdersOf, officeOf, rosterAfterElection } from '../src/verify/election.ts'
import { readGroupInfo } from '../src/verify/group-info.ts'
import { readCommit } from '../src/verify/handshake.ts'
import { judgeCommit } from '../src/verify/judge-commit.ts'
import { judgeCreation } from '../src/verify/judge-creation.ts'
import { verifyLeave } from '../src/verify/leave.ts'
import { refusalOfGroupInfo } from '../src/verify/match-group-info.ts'
import { momentOf, type PublicGroup, verifyNewGroup } from '../src/verify/public-group.ts'
import { rosterAfterDepartures } from '../src/verify/roster.ts'
import type { Vote } from '../src/verify/vote.ts'
import { conversation, createDevice, createPackage, createPerson, groupNo, groupRoster, type Person } from './people.ts'

interface Change {
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

export class Chat {
  /** The leaves that the server knows. The next fields are the server's, too. */
  #leaves: Leaf[] = []
  #roster: Roster
  #groupInfo: Uint8Array = new Uint8Array()
  #epoch = 0
  #public: PublicGroup | undefined
  #departed: UserId[] = []
  #revoked: DeviceId[] = []
  readonly #people = new Map<UserId, Person>()
  readonly #inside = new Map<DeviceId, Device>()
  readonly #outside: Device[] = []
  /** The number of messages that all devices have decrypted. */
  opened = 0

  private constructor(roster: Roster) {
    this.#roster = roster
  }

  /** Creates a chat. The first user creates the group and is its admin. */
  static async create({ users, devicesEach }: { users: number; devicesEach: number }): Promise<Chat> {
    const people = Array.from({ length: users }, createPerson)
    const [creator, ...others] = people
    if (creator === undefined) throw new RangeError('a group has a creator')
    const chat = new Chat(
      groupRoster(
        [creator.userId],
        others.map((person) => person.userId),
      ),
    )
    for (const person of people) chat.#people.set(person.userId, person)
    const devices = people.flatMap((person) => Array.from({ length: devicesEach }, () => createDevice(person)))
    const [first, ...added] = devices
    if (first === undefined) throw new RangeError('a user has a device')
    const group = await Group.create({ conversation, groupNo, identity: first, kind: 'group' })
    chat.#inside.set(first.deviceId, { identity: first, group })
    await chat.commit(first.deviceId, { add: added, roster: chat.#roster })
    return chat
  }

  get epoch(): number {
    return this.#epoch
  }

  devices = (): DeviceId[] => [...this.#inside.keys()]
  users = (): UserId[] => this.#roster.members.map((member) => member.userId)
  userOf = (device: DeviceId): UserId => this.#device(device).identity.userId
  adminDevices = (): DeviceId[] => this.devices().filter((device) => this.#isAdmin(this.userOf(device)))

  async addUsers(by: DeviceId, users: number, devicesEach: number): Promise<void> {
    const people = Array.from({ length: users }, createPerson)
    for (const person of people) this.#people.set(person.userId, person)
    const add = people.flatMap((person) => Array.from({ length: devicesEach }, () => createDevice(person)))
    const members = people.map(({ userId }) => ({ userId, role: 'member' as const }))
    await this.commit(by, { add, roster: this.#rosterOf([...this.#roster.members, ...members]) })
  }

  addOwnDevice = (by: DeviceId) => this.commit(by, { add: [createDevice(this.#person(this.userOf(by)))] })
  joinNewDevice = (user: UserId) => this.#joinFromOutside(createDevice(this.#person(user)))
  resync = (device: DeviceId) => this.#joinFromOutside(this.#device(device).identity)
  removeDevice = (by: DeviceId, device: DeviceId) => this.commit(by, { remove: [this.#leafOf(device)] })

  async setRole(by: DeviceId, user: UserId, role: Role): Promise<void> {
    const members = this.#roster.members.map((member) => (member.userId === user ? { ...member, role } : member))
    await this.commit(by, { roster: this.#rosterOf(members) })
  }

  async removeUser(by: DeviceId, user: UserId): Promise<void> {
    const members = this.#roster.members.filter((member) => member.userId !== user)
    await this.commit(by, { remove: this.leavesOf(user), roster: this.#rosterOf(members) })
  }

  /** An admin replaces a user by another one in one commit. New devices take the freed leaves. */
  async replaceUser(by: DeviceId, user: UserId, devices: number): Promise<void> {
    const person = createPerson()
    this.#people.set(person.userId, person)
    const add = Array.from({ length: devices }, () => createDevice(person))
    const stayers = this.#roster.members.filter((member) => member.userId !== user)
    const roster = this.#rosterOf([...stayers, { userId: person.userId, role: 'member' }])
    await this.commit(by, { add, remove: this.leavesOf(user), roster })
  }

  /** The votes of these devices, about the roster as it is. */
  votesOf(voters: readonly DeviceId[], roster = this.#roster): Vote[] {
    return voters.map((voter) => signVote(this.#device(voter).identity, { conversation, groupNo, roster }))
  }

  /**
   * `by` removes the holders of the office that the votes are about, and `others`. The longest
   * member or admin takes the office.
   */
  async elect(by: DeviceId, votes: readonly Vote[], others: readonly UserId[] = []): Promise<void> {
    const office = officeOf(this.#roster, votes) ?? 'admins'
    const remove = [...holdersOf(this.#roster, office), ...others].flatMap(this.leavesOf)
    await this.commit(by, { remove, roster: rosterAfterElection(this.#roster, others, office), votes })
  }

  replaceOwnDevice = (by: DeviceId, device: DeviceId) =>
    this.commit(by, { add: [createDevice(this.#person(this.userOf(by)))], remove: [this.#leafOf(device)] })

  /** `user` leaves by a statement. `by`, a device of another user, commits the removal. */
  async leave(user: UserId, by: DeviceId): Promise<void> {
    const own = this.devices().find((device) => this.userOf(device) === user)
    if (own !== undefined) {
      const { identity, group } = this.#device(own)
      const moment = momentOf(group.publicGroup)
      const claims = await verifyLeave(signLeave(identity, moment))
      expect(claims).toMatchObject({ ...moment, userId: user, deviceId: own })
    }
    this.#departed = [user]
    await this.commit(by, { remove: this.leavesOf(user), roster: rosterAfterDepartures(this.#roster, [user]) })
    this.#departed = []
  }

  async revoke(device: DeviceId, by: DeviceId): Promise<void> {
    this.#revoked = [...this.#revoked, device]
    await this.removeDevice(by, device)
  }

  /** `by` commits, the server judges, the other devices process it, and added devices join. */
  async commit(by: DeviceId, { add = [], remove = [], roster, votes }: Change): Promise<void> {
    const device = this.#device(by)
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
    this.#expectAgreement()
  }

  /** One device sends. All devices inside decrypt it; devices outside cannot, with all old keys. */
  async everyoneReads(by: DeviceId): Promise<void> {
    const sender = this.#device(by)
    const plaintext = text.encode(`${by} at ${this.#epoch}, ${this.opened} opened`)
    const { group, envelope } = await sender.group.encrypt(plaintext)
    sender.group = group
    const leaf = { leafIndex: this.#leafOf(by), userId: sender.identity.userId, deviceId: by }
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
    const { identity, group } = this.#device(device)
    this.#inside.set(device, { identity, group: Group.decode(group.encode(), identity) })
  }

  async #joinFromOutside(identity: DeviceIdentity): Promise<void> {
    const former = this.#inside.get(identity.deviceId)
    this.#inside.delete(identity.deviceId)
    const made = await Group.joinExternally({ groupInfo: this.#groupInfo, identity, trust: this.#trust })
    const device = { identity, group: made.pending }
    await this.#accept(device, made)
    this.#inside.set(identity.deviceId, device)
    if (former !== undefined)
      await expect(former.group.process(made.commit, this.#checks())).rejects.toThrow('cannot process: replaced')
    this.#expectAgreement()
  }

  async #accept(committer: Device, made: { pending: Group; commit: Uint8Array; groupInfo: Uint8Array }): Promise<void> {
    const others = [...this.#inside.values()].filter((device) => device !== committer)
    const judgement = await this.#judge(committer, made).catch(async (error: Error) => {
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
    this.#leaves = judgement.change.nextLeaves
    this.#roster = judgement.change.roster
    this.#groupInfo = made.groupInfo
    this.#public = judgement.group
    this.#epoch++
    this.#putOutside()
  }

  /** Applies the commit to the public group and compares the GroupInfo, as the server does. */
  async #judge(committer: Device, made: { commit: Uint8Array; groupInfo: Uint8Array }) {
    const commit = readCommit(made.commit, { now: Date.now() })
    const { handshake } = commit
    const before = this.#public ?? (await verifyNewGroup(readGroupInfo(await committer.group.groupInfo())))
    const applied = await applyCommit(before, commit, (state) =>
      this.#epoch === 0
        ? judgeCreation({ handshake, creator: committer.identity, conversation, groupNo, revoked: [] })
        : judgeCommit({ handshake, committer: committer.identity, state, ...this.#pendingRemovals() }),
    )
    if (!applied.ok) throw new Error(`refused: ${applied.reason}`)
    const by = { commit, committer: applied.committer }
    const refusal = await refusalOfGroupInfo(applied.group, readGroupInfo(made.groupInfo), by)
    if (refusal !== undefined) throw new Error(`group info refused: ${refusal}`)
    return applied
  }

  #putOutside(): void {
    for (const device of [...this.#inside.values()]) {
      if (this.#leaves.some((leaf) => leaf.deviceId === device.identity.deviceId)) continue
      expect(device.group.isMember).toBe(false)
      this.#inside.delete(device.identity.deviceId)
      this.#outside.push({ ...device, group: device.before ?? device.group })
    }
  }

  /** Checks that all devices have the server's leaves and roster, which come from proposals. */
  #expectAgreement(): void {
    const authenticators = new Set<string>()
    for (const { group } of this.#inside.values()) {
      expect(group.members().map(({ leafIndex, userId, deviceId }) => ({ leafIndex, userId, deviceId }))).toEqual(
        this.#leaves,
      )
      expect(group.roster).toEqual(this.#roster)
      expect(group.epoch).toBe(this.#epoch)
      authenticators.add(group.epochAuthenticator.toString())
    }
    expect(authenticators.size).toBe(1)
  }

  #pendingRemovals = () => ({ departed: this.#departed, revoked: this.#revoked })
  #checks = () => ({ trust: this.#trust, ...this.#pendingRemovals() })
  #trust: Trust = (all) =>
    all.every((claims) => claims.accountKey.toString() === this.#person(claims.userId).accountKey.toString())
  #isAdmin = (user: UserId) => this.#roster.members.some((member) => member.userId === user && member.role === 'admin')
  leavesOf = (user: UserId) => this.#leaves.filter((leaf) => leaf.userId === user).map((leaf) => leaf.leafIndex)

  #rosterOf(members: Roster['members']): Roster {
    return { kind: 'group', members }
  }

  #leafOf(device: DeviceId): number {
    const leaf = this.#leaves.find((candidate) => candidate.deviceId === device)
    if (leaf === undefined) throw new Error('no leaf')
    return leaf.leafIndex
  }

  #device(device: DeviceId): Device {
    const found = this.#inside.get(device)
    if (found === undefined) throw new Error('not inside')
    return found
  }

  #person(user: UserId): Person {
    const found = this.#people.get(user)
    if (found === undefined) throw new Error('nobody')
    return found
  }
}
