// Test users with real keys, who call the REST side of a pod.
import { randomInt } from 'node:crypto'
import {
  type CommitIntent,
  createAccountKey,
  createDeviceKeys,
  createKeyPackage,
  type DeviceIdentity,
  Group,
  type PendingCommit,
  signCredential,
  signLeave,
  signRevocation,
} from '@fastchat/crypto'
import { type GroupMoment, momentOf } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import {
  allowedMethods,
  type CommitBundle,
  type Conversation,
  type ConversationId,
  chatOperations,
  type DeviceId,
  type Epoch,
  type ErrorCode,
  errorsOf,
  type GroupNo,
  type MessageId,
  type Operation,
  type Role,
  type Roster,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import type { Session } from '../../src/domain/ports.ts'
import type { Store } from '../../src/store/index.ts'
import type { Writers } from '../../src/store/writers.ts'
import { messageId } from './seed.ts'

/** The parts of a pod that a test device uses. */
export type DevicePod = {
  readonly pool: Pool
  readonly store: Store
  readonly writers: Writers
  readonly server: Server
}

export type Answer = { readonly status: number; readonly code: string | undefined; readonly body: never }

export const trust = () => true

/** The moment that a leave statement names if the device does not know the group. */
const nowhere = { groupNo: 1 as GroupNo, epoch: 1 as Epoch, transcript: new Uint8Array(32) }
/** @throws if the contract does not declare this code for the operation */
function expectDeclared(method: string, url: string, code: ErrorCode): void {
  const [path = ''] = url.split('?')
  const operation = operations.find((one) => one.method === method && allowedMethods(path, [one]).length > 0)
  if (operation && !errorsOf(operation).includes(code)) throw new Error(`${operation.path} does not declare ${code}`)
}
const operations: readonly Operation[] = Object.values(chatOperations)

export class TestDevice {
  readonly pod: DevicePod
  readonly identity: DeviceIdentity
  readonly session: Session
  readonly accountPrivate: Uint8Array
  group: Group | undefined

  private constructor(pod: DevicePod, identity: DeviceIdentity, session: Session, accountPrivate: Uint8Array) {
    this.pod = pod
    this.identity = identity
    this.session = session
    this.accountPrivate = accountPrivate
  }

  static async signUp(pod: DevicePod): Promise<TestDevice> {
    const account = createAccountKey()
    // The cast holds, since any UUID is an id.
    const userId = messageId() as string as UserId
    await pod.pool.query(`insert into "user" (pub_id, username, password_hash, account_key) values ($1, $2, '', $3)`, [
      userId,
      `u${randomInt(2 ** 47)}`,
      account.accountKey,
    ])
    return TestDevice.#register(pod, { userId, ...account })
  }

  static async #register(
    pod: DevicePod,
    { userId, accountKey, accountPrivate }: { userId: UserId; accountKey: Uint8Array; accountPrivate: Uint8Array },
  ): Promise<TestDevice> {
    const keys = createDeviceKeys()
    const deviceId = messageId() as string as DeviceId
    const credentialSig = signCredential(accountPrivate, { userId, deviceId, signatureKey: keys.signaturePublic })
    await pod.pool.query(
      `insert into device (pub_id, user_id, name, signature_key, credential_sig)
       select $1, id, '', $2, $3 from "user" where pub_id = $4`,
      [deviceId, keys.signaturePublic, credentialSig, userId],
    )
    const session = await pod.store.resolveSession({ userId, deviceId, sessionId: 'none' })
    return new TestDevice(pod, { userId, deviceId, accountKey, credentialSig, ...keys }, session!, accountPrivate)
  }

  get userId(): UserId {
    return this.identity.userId
  }

  get deviceId(): DeviceId {
    return this.identity.deviceId
  }

  /** Registers another device of the same user. */
  secondDevice(): Promise<TestDevice> {
    const { userId, accountKey } = this.identity
    return TestDevice.#register(this.pod, { userId, accountKey, accountPrivate: this.accountPrivate })
  }

  /** Revokes this device, as auth does. Returns the number of conversations that got an entry. */
  async revokedBy(by: TestDevice, client: Pick<Pool, 'query'> = this.pod.pool, most = 1_000) {
    const statement = signRevocation(this.accountPrivate, this.identity)
    const { rows } = await client.query<{ told: number | null }>('select revoke_device($1, $2, $3, $4, $5) as told', [
      ...[this.userId, this.deviceId, by.deviceId, statement, most],
    ])
    return rows[0]?.told ?? undefined
  }

  async call(method: 'GET' | 'POST' | 'PUT', url: string, payload?: object | Buffer): Promise<Answer> {
    const isBytes = Buffer.isBuffer(payload)
    const contentType = payload && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }
    const answer = await this.pod.server.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${this.deviceId}`, ...contentType },
      ...(payload && { payload }),
    })
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    const body = isJson ? answer.json() : answer.rawPayload
    if (body?.error) expectDeclared(method, url, body.error.code)
    return { status: answer.statusCode, code: body?.error?.code, body: body as never }
  }

  async reserveGroup(): Promise<ConversationId> {
    const conversation = messageId() as string as ConversationId
    await this.call('POST', chatOperations.reserveConversation.path, { kind: 'group', conversation })
    return conversation
  }

  async reserveDirect(peer: TestDevice): Promise<Conversation> {
    return (await this.call('POST', '/v1/conversations', { kind: 'direct', peer: peer.userId })).body
  }

  async keyPackage() {
    return createKeyPackage(this.identity, { lastResort: false, now: Date.now() })
  }

  /** Prepares the commit that creates the group with all users' devices. `commit` posts it. */
  async prepareGroup(
    conversation: ConversationId,
    others: readonly TestDevice[],
    { roster, groupNo = 1 }: { roster: Roster; groupNo?: number },
  ) {
    const { kind } = roster
    const created = await Group.create({ conversation, groupNo: groupNo as GroupNo, identity: this.identity, kind })
    const packages = await Promise.all(others.map((device) => device.keyPackage()))
    const made = await created.commit({ add: packages.map(({ publicBytes }) => publicBytes), roster, trust })
    return { made, bundle: bundleOf(created, made), packages }
  }

  post(conversation: ConversationId, bundle: CommitBundle): Promise<Answer> {
    return this.call('POST', `/v1/conversations/${conversation}/commits`, bundle)
  }

  /**
   * Posts a commit to the group that this device knows, and adopts the new state if it is accepted.
   */
  async commit(change: CommitIntent = { trust }): Promise<Answer & { bundle: CommitBundle }> {
    const group = this.group!
    const made = await group.commit(change)
    const bundle = bundleOf(group, made)
    const answer = await this.post(group.conversation, bundle)
    if (answer.status === 200) this.group = made.pending
    return { ...answer, bundle }
  }

  async joinExternally(conversation: ConversationId): Promise<Answer> {
    const info = await this.call('GET', `/v1/conversations/${conversation}/group-info`)
    if (info.status !== 200) return info
    const { groupInfo } = info.body as { groupInfo: string }
    const bytes = Buffer.from(groupInfo, 'base64url')
    const made = await Group.joinExternally({ groupInfo: bytes, identity: this.identity, trust })
    const before = { groupNo: made.pending.groupNo, epoch: made.pending.epoch - 1 }
    const answer = await this.post(conversation, bundleOf(before, made))
    if (answer.status === 200) this.group = made.pending
    return answer
  }

  /** Leaves the group at the moment that this device knows, or at `moment`. */
  leave(
    conversation: ConversationId,
    { id = messageId(), ...moment }: Partial<GroupMoment> & { id?: MessageId } = {},
  ): Promise<Answer> {
    const known = this.group ? momentOf(this.group.publicGroup) : nowhere
    const statement = toBase64Url(signLeave(this.identity, { ...known, conversation, ...moment }))
    return this.call('POST', `/v1/conversations/${conversation}/leave`, { id, statement })
  }

  /** Encrypts a message with MLS and stores it. */
  async send(text: string, attachments: string[] = []) {
    const { group, envelope } = await this.group!.encrypt(Buffer.from(text))
    this.group = group
    return this.pod.writers.writer.submit({
      session: this.session,
      conversation: group.conversation,
      id: messageId(),
      groupNo: group.groupNo,
      epoch: group.epoch,
      envelope: Buffer.from(envelope),
      attachments,
    })
  }
}

/** Creates a group with the first user as admin, the others as members, and all their devices. */
export async function startGroup(first: TestDevice, ...others: TestDevice[]): Promise<ConversationId> {
  const conversation = await first.reserveGroup()
  const roster = rosterOf([first, 'admin'], ...others.map((device): [TestDevice, Role] => [device, 'member']))
  const { made, bundle, packages } = await first.prepareGroup(conversation, others, { roster })
  const answer = await first.post(conversation, bundle)
  if (answer.status !== 200) throw new Error(`group not created: ${answer.code}`)
  first.group = made.pending
  await Promise.all(others.map((device, n) => welcomed(device, made, packages[n]!)))
  return conversation
}

export async function welcomed(
  device: TestDevice,
  { welcome }: PendingCommit,
  own: { ref: string; privateBytes: Uint8Array },
): Promise<void> {
  const keyPackages = (ref: string) => (ref === own.ref ? own.privateBytes : undefined)
  device.group = await Group.joinByWelcome({ welcome: welcome!, identity: device.identity, keyPackages, trust })
}

export function rosterOf(...members: [TestDevice, Role][]): Roster {
  const listed = members.map(([{ userId }, role]) => ({ userId, role }))
  const unique = listed.filter(({ userId }, at) => listed.findIndex((other) => other.userId === userId) === at)
  return { kind: 'group', members: unique }
}

export const directRosterOf = (...people: TestDevice[]): Roster => ({
  kind: 'direct',
  members: rosterOf(...people.map((device): [TestDevice, Role] => [device, 'member'])).members,
})

export function bundleOf(
  group: { readonly groupNo: number; readonly epoch: number },
  made: Omit<PendingCommit, 'pending' | 'forget'>,
): CommitBundle {
  return {
    id: messageId(),
    // The casts hold, since the numbers come from a group.
    groupNo: group.groupNo as CommitBundle['groupNo'],
    epoch: group.epoch as CommitBundle['epoch'],
    commit: toBase64Url(made.commit),
    groupInfo: toBase64Url(made.groupInfo),
    ...(made.welcome && { welcome: toBase64Url(made.welcome) }),
    ...(made.initialGroupInfo && { initialGroupInfo: toBase64Url(made.initialGroupInfo) }),
  }
}
