import type { ConversationId, ConversationKind, Epoch, GroupNo, Roster } from '@fastchat/schema'
import { createGroup, decodeGroupState, encodeGroupState, mlsExporter } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import type { CommitChange, Leaf } from '../verify/commit-change.ts'
import { wireFormats } from '../verify/decode.ts'
import { groupExtensionsOf, rosterOfFormerRules } from '../verify/group-context.ts'
import { groupIdOf, groupNoIn, parseGroupId } from '../verify/group-id.ts'
import { contextHashOf } from '../verify/match-group-info.ts'
import type { PublicGroup } from '../verify/public-group.ts'
import { decryptMessage, encryptMessage } from './application-message.ts'
import { isIdentity } from './check-tree.ts'
import { type CommitIntent, commitToGroup, encodeGroupInfoOf, externalPubOf } from './commit-to-group.ts'
import type { DeviceIdentity } from './device.ts'
import { cipherSuite, engineConfig, wipe } from './engine.ts'
import { type ExternalJoin, joinByWelcome, joinExternally, type WelcomeJoin } from './join-group.ts'
import { createOwnLeaf } from './key-package.ts'
import { type Member, memberAt, membersOf, rosterOf } from './members.ts'
import { type CommitChecks, processCommit } from './process-commit.ts'
import { publicGroupOfState } from './public-group-of-state.ts'

/**
 * Overwrites keys that only the old group still holds. Call it after the new group is stored. The
 * old group cannot be used after that.
 */
export type Forget = () => void

export type GroupEvent =
  /**
   * `epoch` is that of the encryption. `skipped` counts the messages that the sender encrypted
   * right before this one in its epoch and that were not read here.
   */
  | { type: 'message'; sender: Member; plaintext: Uint8Array; epoch: number; skipped: number }
  | { type: 'commit'; committer: Leaf; change: CommitChange }

export interface PendingCommit {
  /** The group after the commit. Adopt it when the server accepts the commit, or else drop it. */
  pending: Group
  /** MLSMessage with the commit, for the server. */
  commit: Uint8Array
  welcome?: Uint8Array
  groupInfo: Uint8Array
  /** Only in the first commit of a group: the group before it, with its creator alone. */
  initialGroupInfo?: Uint8Array
  /** Call it after `pending` was adopted and stored. */
  forget: Forget
}

const formatVersion = 1

/**
 * One device's view of one MLS group (RFC 9420). It is immutable: every step returns a new group.
 * Store the new group **before** any bytes leave the device, and never use two successors of one
 * group, because that would use a key twice.
 */
export class Group {
  readonly #state: ClientState
  #members: readonly Member[] | undefined
  #publicGroup: PublicGroup | undefined

  private constructor(state: ClientState, publicGroup?: PublicGroup) {
    this.#state = state
    this.#publicGroup = publicGroup
  }

  /** Creates a group at epoch 0, with its creator alone. The first commit carries the roster. */
  static async create(input: {
    conversation: ConversationId
    groupNo: GroupNo
    identity: DeviceIdentity
    kind: ConversationKind
  }): Promise<Group> {
    const { publicPackage, privatePackage } = await createOwnLeaf(input.identity)
    const role = input.kind === 'group' ? 'admin' : 'member'
    const roster: Roster = { kind: input.kind, members: [{ userId: input.identity.userId, role }] }
    const extensions = groupExtensionsOf(roster)
    const id = groupIdOf(input.conversation, input.groupNo)
    return new Group(await createGroup(id, publicPackage, privatePackage, extensions, await cipherSuite, engineConfig))
  }

  /** @throws CannotJoin. The caller must compare `conversation` and `groupNo` with the expected. */
  static async joinByWelcome(input: WelcomeJoin): Promise<Group> {
    return new Group(await joinByWelcome(input))
  }

  /** @throws CannotJoin. The caller must compare `conversation` and `groupNo` with the expected. */
  static async joinExternally(
    input: ExternalJoin,
  ): Promise<Omit<PendingCommit, 'welcome' | 'initialGroupInfo' | 'forget'>> {
    const { state, commit } = await joinExternally(input)
    return { pending: new Group(state), commit, groupInfo: await encodeGroupInfoOf(state) }
  }

  /** @throws RangeError unless `encode` made these bytes on this device */
  static decode(bytes: Uint8Array, identity: DeviceIdentity): Group {
    const decoded = bytes[0] === formatVersion ? decodeGroupState(bytes.slice(1), 0)?.[0] : undefined
    if (decoded === undefined) throw new RangeError('not a stored group')
    const group = new Group({ ...decoded, clientConfig: engineConfig })
    if (group.isMember && !isIdentity(memberAt(decoded.ratchetTree, decoded.privatePath.leafIndex), identity))
      throw new RangeError('stored group of another device')
    return group
  }

  get conversation(): ConversationId {
    return parseGroupId(this.#state.groupContext.groupId).conversation
  }

  get groupNo(): GroupNo {
    return groupNoIn(this.#state.groupContext.groupId)
  }

  get epoch(): Epoch {
    // Any whole number is an epoch, and commits from past 2^53 are not readable.
    return Number(this.#state.groupContext.epoch) as Epoch
  }

  /**
   * Tells whether this is a stored group of version 1e3cc37, whose rules let members and servers
   * lie. Its messages can be read. It sends nothing and follows no commit: the conversation
   * continues in its next group.
   */
  get isOfFormerRules(): boolean {
    return rosterOfFormerRules(this.#state.groupContext.extensions) !== undefined
  }

  get roster(): Roster {
    const { groupContext } = this.#state
    return rosterOfFormerRules(groupContext.extensions) ?? rosterOf(groupContext)
  }

  get ownLeafIndex(): number {
    return this.#state.privatePath.leafIndex
  }

  /** False once a commit has removed this device. Then the group reads and writes nothing. */
  get isMember(): boolean {
    return this.#state.groupActiveState.kind === 'active'
  }

  /** The hash of all commits of this group so far. All members of an epoch have the same (§8.2). */
  get confirmedTranscriptHash(): Uint8Array {
    return this.#state.groupContext.confirmedTranscriptHash.slice()
  }

  /** Equal for all members of an epoch who agree on the whole group (RFC 9420 §8.7). */
  get epochAuthenticator(): Uint8Array {
    return this.#state.keySchedule.epochAuthenticator.slice()
  }

  /** The group without its secrets: the same for all members of an epoch. */
  get publicGroup(): PublicGroup {
    this.#publicGroup ??= publicGroupOfState(this.#state)
    return this.#publicGroup
  }

  /** SHA-256 of the GroupContext, which identifies this state of this group. */
  get contextHash(): Uint8Array {
    return contextHashOf(this.publicGroup)
  }

  /** Returns the key by which others may join this epoch externally (RFC 9420 §8.3). */
  externalPub(): Promise<Uint8Array> {
    return externalPubOf(this.#state)
  }

  /** Returns the GroupInfo (MLSMessage) of this epoch, signed by this device. */
  groupInfo(): Promise<Uint8Array> {
    return encodeGroupInfoOf(this.#state)
  }

  /** Returns the members by ascending leaf index. */
  members(): readonly Member[] {
    this.#members ??= membersOf(this.#state.ratchetTree)
    return this.#members
  }

  /** Derives a secret that only the members of this epoch can derive (RFC 9420 §8.5). */
  async exportSecret(label: string, context: Uint8Array, length: number): Promise<Uint8Array> {
    return mlsExporter(this.#state.keySchedule.exporterSecret, label, context, length, await cipherSuite)
  }

  /**
   * Makes a commit. This group stays in use until the commit is accepted.
   *
   * @throws HandshakeError, UnlawfulCommit
   */
  async commit(intent: CommitIntent): Promise<PendingCommit> {
    const initialGroupInfo = this.epoch === 0 ? await this.groupInfo() : undefined
    const { state, consumed, ...messages } = await commitToGroup(this.#state, intent)
    return {
      pending: new Group(state),
      ...messages,
      ...(initialGroupInfo && { initialGroupInfo }),
      forget: () => wipe(consumed),
    }
  }

  /** @throws RangeError for more than `maxPlaintextBytes`, CannotProcess `removed` */
  async encrypt(plaintext: Uint8Array): Promise<{ group: Group; envelope: Uint8Array; forget: Forget }> {
    const { state, envelope, consumed } = await encryptMessage(this.#state, plaintext)
    return { group: new Group(state, this.#publicGroup), envelope, forget: () => wipe(consumed) }
  }

  /**
   * Processes a message or commit of another device. `missing` is the number of entries of this
   * epoch that are known as gone. That many messages of one sender may be skipped without an error.
   *
   * @throws UnlawfulCommit, CannotProcess; this group stays valid
   */
  async process(
    envelope: Uint8Array,
    checks: CommitChecks,
    missing = 0,
  ): Promise<{ group: Group; event: GroupEvent; forget: Forget }> {
    if (envelope[3] === wireFormats.publicMessage) {
      const { state, publicGroup, consumed, ...event } = await processCommit(this, this.#state, envelope, checks)
      return {
        group: new Group(state, publicGroup),
        event: { type: 'commit', ...event },
        forget: () => wipe(consumed),
      }
    }
    const { state, consumed, ...message } = await decryptMessage(this.#state, envelope, missing)
    return {
      group: new Group(state, this.#publicGroup),
      event: { type: 'message', ...message },
      forget: () => wipe(consumed),
    }
  }

  /** Encodes the whole state with its private keys. Store it sealed. */
  encode(): Uint8Array {
    const state = encodeGroupState(this.#state)
    const bytes = new Uint8Array(1 + state.length)
    bytes[0] = formatVersion
    bytes.set(state, 1)
    return bytes
  }
}
