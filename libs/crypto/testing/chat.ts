/** A conversation in memory for tests: a server that judges commits, and devices that check all. */
import type { DeviceId, Role, Roster, UserId } from '@fastchat/schema'
import { expect } from 'vitest'
import { signLeave, signVote } from '../src/mls/device.ts'
import { Group } from '../src/mls/group.ts'
import { holdersOf, officeOf, rosterAfterElection } from '../src/verify/election.ts'
import { verifyLeave } from '../src/verify/leave.ts'
import { momentOf } from '../src/verify/public-group.ts'
import { rosterAfterDepartures } from '../src/verify/roster.ts'
import type { Vote } from '../src/verify/vote.ts'
import { AgreeingDevices, type Change } from './agreeing-devices.ts'
import { conversation, createDevice, createPerson, groupNo, groupRoster, type Person } from './people.ts'

/** The users of a group and what they do to it. */
export class Chat {
  readonly #devices: AgreeingDevices
  readonly #people = new Map<UserId, Person>()

  private constructor(roster: Roster) {
    this.#devices = new AgreeingDevices(roster, (user) => this.#person(user))
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
    chat.#devices.begin(first, group)
    await chat.#devices.commit(first.deviceId, { add: added, roster: chat.#devices.server.roster })
    return chat
  }

  get epoch(): number {
    return this.#devices.server.epoch
  }

  /** The number of messages that all devices have decrypted. */
  get opened(): number {
    return this.#devices.opened
  }

  devices = (): DeviceId[] => this.#devices.ids()
  users = (): UserId[] => this.#devices.server.roster.members.map((member) => member.userId)
  userOf = (device: DeviceId): UserId => this.#devices.device(device).identity.userId
  adminDevices = (): DeviceId[] => this.devices().filter((device) => this.#isAdmin(this.userOf(device)))
  leavesOf = (user: UserId): number[] => this.#devices.server.leavesOf(user)
  commit = (by: DeviceId, change: Change) => this.#devices.commit(by, change)
  everyoneReads = (by: DeviceId) => this.#devices.everyoneReads(by)
  restart = (device: DeviceId) => this.#devices.restart(device)

  async addUsers(by: DeviceId, users: number, devicesEach: number): Promise<void> {
    const people = Array.from({ length: users }, createPerson)
    for (const person of people) this.#people.set(person.userId, person)
    const add = people.flatMap((person) => Array.from({ length: devicesEach }, () => createDevice(person)))
    const members = people.map(({ userId }) => ({ userId, role: 'member' as const }))
    await this.#devices.commit(by, { add, roster: groupOf([...this.#devices.server.roster.members, ...members]) })
  }

  addOwnDevice = (by: DeviceId) => this.#devices.commit(by, { add: [createDevice(this.#person(this.userOf(by)))] })
  joinNewDevice = (user: UserId) => this.#devices.joinFromOutside(createDevice(this.#person(user)))
  resync = (device: DeviceId) => this.#devices.joinFromOutside(this.#devices.device(device).identity)
  removeDevice = (by: DeviceId, device: DeviceId) =>
    this.#devices.commit(by, { remove: [this.#devices.leafOf(device)] })

  async setRole(by: DeviceId, user: UserId, role: Role): Promise<void> {
    const members = this.#devices.server.roster.members.map((member) =>
      member.userId === user ? { ...member, role } : member,
    )
    await this.#devices.commit(by, { roster: groupOf(members) })
  }

  async removeUser(by: DeviceId, user: UserId): Promise<void> {
    const members = this.#devices.server.roster.members.filter((member) => member.userId !== user)
    await this.#devices.commit(by, { remove: this.#devices.server.leavesOf(user), roster: groupOf(members) })
  }

  /** An admin replaces a user by another one in one commit. New devices take the freed leaves. */
  async replaceUser(by: DeviceId, user: UserId, devices: number): Promise<void> {
    const person = createPerson()
    this.#people.set(person.userId, person)
    const add = Array.from({ length: devices }, () => createDevice(person))
    const stayers = this.#devices.server.roster.members.filter((member) => member.userId !== user)
    const roster = groupOf([...stayers, { userId: person.userId, role: 'member' }])
    await this.#devices.commit(by, { add, remove: this.#devices.server.leavesOf(user), roster })
  }

  /** The votes of these devices, about the roster as it is. */
  votesOf(voters: readonly DeviceId[], roster = this.#devices.server.roster): Vote[] {
    return voters.map((voter) => signVote(this.#devices.device(voter).identity, { conversation, groupNo, roster }))
  }

  /**
   * `by` removes all admins, and `others`, and makes the longest member admin, with these votes.
   */
  async elect(by: DeviceId, votes: readonly Vote[], others: readonly UserId[] = []): Promise<void> {
    const office = officeOf(this.#devices.server.roster, votes) ?? 'admins'
    const remove = [...holdersOf(this.#devices.server.roster, office), ...others].flatMap(this.#devices.server.leavesOf)
    await this.#devices.commit(by, {
      remove,
      roster: rosterAfterElection(this.#devices.server.roster, others, office),
      votes,
    })
  }

  replaceOwnDevice = (by: DeviceId, device: DeviceId) =>
    this.#devices.commit(by, {
      add: [createDevice(this.#person(this.userOf(by)))],
      remove: [this.#devices.leafOf(device)],
    })

  /** `user` leaves by a statement. `by`, a device of another user, commits the removal. */
  async leave(user: UserId, by: DeviceId): Promise<void> {
    const own = this.devices().find((device) => this.userOf(device) === user)
    if (own !== undefined) {
      const { identity, group } = this.#devices.device(own)
      const moment = momentOf(group.publicGroup)
      const claims = await verifyLeave(signLeave(identity, moment))
      expect(claims).toMatchObject({ ...moment, userId: user, deviceId: own })
    }
    this.#devices.departed = [user]
    await this.#devices.commit(by, {
      remove: this.#devices.server.leavesOf(user),
      roster: rosterAfterDepartures(this.#devices.server.roster, [user]),
    })
    this.#devices.departed = []
  }

  async revoke(device: DeviceId, by: DeviceId): Promise<void> {
    this.#devices.revoked = [...this.#devices.revoked, device]
    await this.removeDevice(by, device)
  }

  #isAdmin = (user: UserId) =>
    this.#devices.server.roster.members.some((member) => member.userId === user && member.role === 'admin')

  #person(user: UserId): Person {
    const found = this.#people.get(user)
    if (found === undefined) throw new Error('nobody')
    return found
  }
}

const groupOf = (members: Roster['members']): Roster => ({ kind: 'group', members })
