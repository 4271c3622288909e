import { randomBytes } from 'node:crypto'
import {
  createAccountKey,
  createDeviceKeys,
  defaultKdf,
  signCredential,
  signLeave,
  signRevocation,
} from '@fastchat/crypto'
import { momentOf } from '@fastchat/crypto/verify'
import {
  authOperations,
  balancerOperations,
  chatOperations,
  type DeviceId,
  type ErrorCode,
  type GroupNo,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'
import { deviceOf, type Person } from '../../support/person.ts'
import { signUpBody } from '../../support/sign-up-body.ts'
import type { Cast, Role } from './cast.ts'

export const operations = { ...authOperations, ...balancerOperations, ...chatOperations }
export type OperationName = keyof typeof operations

type Request = {
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** The body for an operation that takes plain bytes. */
  readonly bytes?: Uint8Array<ArrayBuffer>
}
export type RestRule = {
  readonly what: string
  readonly request: (cast: Cast, role: Role) => Request | Promise<Request>
  /** The outcome for each role: `allow`, or the code of the refusal, which changes nothing. */
  readonly outcome: Readonly<Record<Role, 'allow' | ErrorCode>>
}

type ForDevices = Omit<RestRule['outcome'], 'nobody' | 'enrol'>
const devices = (outcome: ForDevices): RestRule['outcome'] => ({
  nobody: 'unauthorized',
  enrol: 'unauthorized',
  ...outcome,
})
const all = (outcome: 'allow' | ErrorCode) => ({
  stranger: outcome,
  exMember: outcome,
  otherDevice: outcome,
  member: outcome,
  admin: outcome,
})
const everybody = (outcome: 'allow' | ErrorCode) => ({ nobody: outcome, enrol: outcome, ...all(outcome) })
/** Returns the outcome for an operation that only `enrol` may call. */
const enrolment = (outcome: 'allow' | ErrorCode) => ({ ...devices(all('unauthorized')), enrol: outcome })
/** Returns the outcome for an operation on a conversation, which only its members can see. */
const members = (outcome: Partial<ForDevices> = {}) =>
  devices({ ...all('allow'), stranger: 'not_found', exMember: 'not_found', ...outcome })

const inGroup = ({ group }: Cast): Request => ({ params: { conversation: group } })
const bytes = new Uint8Array(5)
const nobodysId = () => uuidv7()
const anyKdf = { ...defaultKdf, salt: toBase64Url(new Uint8Array(16)) }

/**
 * The rules of who may call which operation. An operation of the contract without a rule does not
 * compile and fails `idor.test.ts`.
 */
export const restRules: { readonly [Op in OperationName]: readonly [RestRule, ...RestRule[]] } = {
  kdf: [{ what: 'of any name', request: () => ({ query: { username: 'ana' } }), outcome: everybody('allow') }],
  signup: [
    {
      what: 'under another’s name',
      request: () => ({ body: signUpBody('ana', 'x') }),
      outcome: everybody('username_taken'),
    },
    {
      what: 'under another’s id',
      request: ({ admin }, role) => ({ body: signUpBody(`new-${role.toLowerCase()}`, 'x', admin.id) }),
      outcome: everybody('conflict'),
    },
    {
      what: 'under a name that the account key has not signed',
      request: (_, role) => ({
        body: { ...signUpBody('somebody', 'x'), username: `new-${role.toLowerCase()}` },
      }),
      outcome: everybody('name_invalid'),
    },
    {
      what: 'under another’s account key',
      request: ({ admin }, role) => ({
        body: { ...signUpBody(`new-${role.toLowerCase()}`, 'x'), accountKey: admin.client.identity.accountKey },
      }),
      outcome: everybody('name_invalid'),
    },
  ],
  login: [
    {
      what: 'with a wrong password',
      request: () => ({ body: { username: 'ana', password: 'guess' } }),
      outcome: everybody('wrong_credentials'),
    },
  ],
  checkName: [
    { what: 'that another has', request: () => ({ body: { username: 'ana' } }), outcome: everybody('username_taken') },
  ],
  recover: [
    {
      what: 'with a wrong key',
      request: () => ({ body: { username: 'ana', recovery: toBase64Url(new Uint8Array(32)) } }),
      outcome: everybody('recovery_wrong'),
    },
  ],
  setPassword: [
    {
      what: 'over a vault that is not the next one',
      request: () => ({ body: { password: 'x', kdf: anyKdf, vault: { version: 7, body: 'AAAA' } } }),
      outcome: enrolment('stale_version'),
    },
  ],
  getPasswordNote: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  getRecovery: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  putRecovery: [
    {
      what: 'over a version that is not the next one',
      request: () => ({ body: { version: 7, verifier: toBase64Url(new Uint8Array(32)), body: 'AAAA' } }),
      outcome: enrolment('stale_version'),
    },
  ],
  listSessions: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  endSessions: [{ what: 'without saying which', request: () => ({ body: {} }), outcome: devices(all('bad_request')) }],
  deleteAccount: [
    {
      what: 'of another',
      request: ({ admin }) => ({ body: { username: admin.name } }),
      outcome: enrolment('name_differs'),
    },
  ],
  registerDevice: [
    {
      what: 'that the account key has not signed',
      request: ({ member }) => ({ body: newDevice(member.id) }),
      outcome: enrolment('credential_invalid'),
    },
    {
      what: 'that is another’s',
      request: ({ admin }) => ({ body: registered(admin) }),
      outcome: enrolment('credential_invalid'),
    },
    {
      what: 'a second time',
      request: ({ member }) => ({ body: registered(member) }),
      outcome: enrolment('device_exists'),
    },
  ],
  signName: [
    {
      what: 'that another’s account key has signed',
      request: ({ member }) => ({ body: { nameSig: signUpBody(member.name, 'x', member.id).nameSig } }),
      outcome: enrolment('name_invalid'),
    },
  ],
  openSession: [
    {
      what: 'of another’s device',
      request: ({ admin }) => sessionOf(admin.client.identity.deviceId),
      outcome: enrolment('not_found'),
    },
    {
      what: 'of one’s own device without its key',
      request: ({ member }) => sessionOf(member.client.identity.deviceId),
      outcome: enrolment('forbidden'),
    },
  ],
  listDevices: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  nameDevice: [
    {
      what: 'of another',
      request: ({ admin }) => ({
        params: { deviceId: admin.client.identity.deviceId },
        body: { name: 'Mine' },
      }),
      outcome: devices({ ...all('not_found'), admin: 'allow' }),
    },
  ],
  revokeDevice: [
    {
      what: 'of one’s own user, by another key than the account’s',
      request: ({ member, otherDevice }) => revocationOf(member.id, otherDevice, createAccountKey().accountPrivate),
      outcome: devices(all('revocation_invalid')),
    },
    {
      what: 'of another, by the word of one’s own account',
      request: ({ member, memberPrivate, admin }) =>
        revocationOf(member.id, admin.client.identity.deviceId, memberPrivate),
      outcome: devices({ ...all('revocation_invalid'), member: 'not_found', otherDevice: 'not_found' }),
    },
  ],
  refresh: [
    {
      what: 'of a session that is not there',
      request: () => ({ body: { refreshToken: `${nobodysId()}.${'A'.repeat(43)}` } }),
      outcome: everybody('refresh_invalid'),
    },
  ],
  logout: [
    {
      what: 'of a session that is not there',
      request: () => ({ body: { refreshToken: `${nobodysId()}.${'A'.repeat(43)}` } }),
      outcome: everybody('allow'),
    },
  ],
  searchUsers: [{ what: 'all', request: () => ({}), outcome: devices(all('allow')) }],
  lookUpUsers: [
    { what: 'anybody', request: ({ admin }) => ({ body: { userIds: [admin.id] } }), outcome: devices(all('allow')) },
  ],
  getUser: [
    { what: 'anybody', request: () => ({ params: { username: 'ana' } }), outcome: devices(all('allow')) },
    {
      what: 'nobody',
      request: () => ({ params: { username: 'nobody' } }),
      outcome: devices(all('not_found')),
    },
  ],
  claimKeyPackages: [
    { what: 'of anybody', request: ({ admin }) => ({ body: { userId: admin.id } }), outcome: devices(all('allow')) },
    { what: 'of nobody', request: () => ({ body: { userId: nobodysId() } }), outcome: devices(all('not_found')) },
  ],
  uploadKeyPackages: [
    {
      what: 'of another’s device',
      request: async ({ admin, stack }) => ({ body: { keyPackages: [await keyPackageOf(stack, admin)] } }),
      outcome: devices({ ...all('key_package_invalid'), admin: 'allow' }),
    },
  ],
  countKeyPackages: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  getAccountState: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  putAccountState: [
    {
      what: 'over a version that is not the next one',
      request: () => ({ body: { version: 2 ** 31 - 1, body: 'AAAA' } }),
      outcome: devices(all('stale_version')),
    },
    {
      what: 'one’s own, by each device of its user',
      request: async (cast, role) => ({ body: { version: (await stateVersion(cast, role)) + 1, body: 'AAAA' } }),
      outcome: devices(all('allow')),
    },
  ],
  listOwnRecords: [{ what: 'one’s own', request: () => ({ query: { after: 0 } }), outcome: devices(all('allow')) }],
  putOwnRecords: [
    {
      what: 'one’s own',
      request: () => ({ body: { records: [{ name: toBase64Url(randomBytes(16)), version: 1, body: 'AAAA' }] } }),
      outcome: devices(all('allow')),
    },
  ],
  getBackup: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  putBackup: [
    {
      what: 'over a version that is not the next one',
      request: () => ({ body: { version: 2 ** 31 - 1, body: 'AAAA' } }),
      outcome: devices(all('stale_version')),
    },
  ],
  putBackupSegment: [
    {
      what: 'into one’s own backup',
      request: () => ({ params: { segment: nobodysId() }, bytes }),
      outcome: devices(all('allow')),
    },
  ],
  getPush: [{ what: 'of one’s own device', request: () => ({}), outcome: devices(all('allow')) }],
  putPush: [
    {
      what: 'to a host that is no push service',
      request: () => ({ body: { endpoint: 'https://169.254.169.254/latest' } }),
      outcome: devices(all('push_refused')),
    },
  ],
  deletePush: [{ what: 'of one’s own device', request: () => ({}), outcome: devices(all('allow')) }],
  getBackupSegment: [
    {
      what: 'that one’s own account has not stored',
      request: () => ({ params: { segment: nobodysId() } }),
      outcome: devices(all('not_found')),
    },
  ],
  listBackupSegments: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  deleteBackupSegments: [
    {
      what: 'of one’s own backup only',
      request: () => ({ body: { segments: [nobodysId()] } }),
      outcome: devices(all('allow')),
    },
  ],
  jwks: [{ what: 'for everybody', request: () => ({}), outcome: everybody('allow') }],
  pickPod: [{ what: 'for every device', request: () => ({}), outcome: devices(all('allow')) }],
  reserveConversation: [
    {
      what: 'with anybody',
      request: ({ admin }) => ({ body: { kind: 'direct', peer: admin.id } }),
      outcome: devices(all('allow')),
    },
    {
      what: 'with nobody',
      request: () => ({ body: { kind: 'direct', peer: nobodysId() } }),
      outcome: devices(all('not_found')),
    },
    {
      what: 'under the id of another’s group',
      request: ({ group }) => ({ body: { kind: 'group', conversation: group } }),
      outcome: devices({ ...all('conflict'), admin: 'allow' }),
    },
  ],
  listConversations: [{ what: 'one’s own', request: () => ({}), outcome: devices(all('allow')) }],
  getConversation: [
    { what: 'the group', request: inGroup, outcome: members() },
    { what: 'none', request: () => nowhere, outcome: devices(all('not_found')) },
  ],
  commit: [
    {
      what: 'made by the admin',
      request: async (cast) => ({ ...inGroup(cast), body: await commitOf(cast, cast.admin) }),
      outcome: members({ otherDevice: 'unlawful_commit', member: 'unlawful_commit' }),
    },
    {
      what: 'of the member that removes the admin',
      request: async (cast) => ({ ...inGroup(cast), body: await commitOf(cast, cast.member, cast.admin) }),
      outcome: members({ otherDevice: 'unlawful_commit', member: 'admins_only', admin: 'unlawful_commit' }),
    },
  ],
  leave: [
    {
      what: 'with one’s own statement; of a group that is over, or as the last admin',
      request: (cast, role) => {
        const { person = cast.member } = cast.actors[role]
        const groupNo = role === 'admin' ? undefined : (9 as GroupNo) // the number of a group
        return {
          params: { conversation: cast.group },
          body: { id: uuidv7(), statement: statementOf(person, cast, groupNo) },
        }
      },
      outcome: members({ otherDevice: 'malformed_handshake', member: 'stale_epoch', admin: 'last_admin' }),
    },
    {
      what: 'with the member’s statement by all others',
      request: (cast, role) => ({
        params: { conversation: cast.group },
        body: { id: uuidv7(), statement: statementOf(role === 'member' ? cast.admin : cast.member, cast) },
      }),
      outcome: members({
        otherDevice: 'malformed_handshake',
        member: 'malformed_handshake',
        admin: 'malformed_handshake',
      }),
    },
  ],
  groupInfo: [{ what: 'of the group', request: inGroup, outcome: members() }],
  pastGroupInfo: [
    {
      what: 'of the first commit',
      request: (cast) => ({ ...inGroup(cast), query: { groupNo: 1, epoch: 1 } }),
      outcome: members(),
    },
    {
      what: 'of a group that is not there yet',
      request: (cast) => ({ ...inGroup(cast), query: { groupNo: 2, epoch: 1 } }),
      outcome: devices(all('not_found')),
    },
    {
      what: 'of no conversation',
      request: () => ({ ...nowhere, query: { groupNo: 1, epoch: 1 } }),
      outcome: devices(all('not_found')),
    },
  ],
  welcome: [
    {
      what: 'that made the leaf',
      request: inGroup,
      // The admin's own commit made its leaf, and the other device has no leaf.
      outcome: members({ otherDevice: 'not_found', admin: 'not_found' }),
    },
  ],
  listMessages: [
    { what: 'of the group', request: inGroup, outcome: members({ exMember: 'allow' }) },
    {
      // `idor.test.ts` checks what the lists contain.
      what: 'of the group, handshakes alone',
      request: (cast) => ({ ...inGroup(cast), query: { only: 'handshakes' } }),
      outcome: members({ exMember: 'allow' }),
    },
  ],
  getMessage: [
    {
      what: 'that is the first commit, which members’ devices without a leaf may have, too',
      request: ({ group }) => ({ params: { conversation: group, seq: 1 } }),
      outcome: members({ exMember: 'allow' }),
    },
    {
      what: 'that is a commit from after the removal',
      request: ({ group, seqs }) => ({ params: { conversation: group, seq: seqs.lateCommit } }),
      outcome: members(),
    },
    {
      what: 'from before the removal',
      request: ({ group, seqs }) => ({ params: { conversation: group, seq: seqs.early } }),
      outcome: members({ exMember: 'allow', otherDevice: 'not_found' }),
    },
    {
      what: 'from after the removal',
      request: ({ group, seqs }) => ({ params: { conversation: group, seq: seqs.late } }),
      outcome: members({ otherDevice: 'not_found' }),
    },
    {
      what: 'beyond the end',
      request: ({ group, seqs }) => ({ params: { conversation: group, seq: seqs.late + 1_000 } }),
      outcome: devices(all('not_found')),
    },
  ],
  putAttachment: [
    {
      what: 'in place of the admin’s, not sent yet',
      request: ({ attachments }) => ({ params: { attachment: attachments.unsent }, bytes }),
      outcome: devices({ ...all('conflict'), admin: 'allow' }),
    },
    {
      what: 'in place of one that was sent',
      request: ({ attachments }) => ({ params: { attachment: attachments.early }, bytes }),
      outcome: devices(all('conflict')),
    },
    {
      what: 'as a part of the admin’s, not sent yet',
      request: ({ attachments }) => ({
        params: { attachment: attachments.parts },
        query: { offset: 0, size: attachments.partsSize },
        bytes: new Uint8Array(attachments.partsSize),
      }),
      outcome: devices({ ...all('conflict'), admin: 'allow' }),
    },
  ],
  getUpload: [
    {
      what: 'of another, not sent yet',
      request: ({ attachments }) => ({ params: { attachment: attachments.parts } }),
      outcome: devices({ ...all('not_found'), admin: 'allow' }),
    },
  ],
  getAttachment: [
    {
      what: 'sent before the removal',
      request: ({ attachments }) => ({ params: { attachment: attachments.early } }),
      outcome: members({ exMember: 'allow' }),
    },
    {
      what: 'sent after the removal',
      request: ({ attachments }) => ({ params: { attachment: attachments.late } }),
      outcome: members(),
    },
    {
      what: 'uploaded by the admin and not sent',
      request: ({ attachments }) => ({ params: { attachment: attachments.unsent } }),
      outcome: devices({ ...all('not_found'), admin: 'allow' }),
    },
    {
      what: 'that is not there',
      request: () => ({ params: { attachment: nobodysId() } }),
      outcome: devices(all('not_found')),
    },
  ],
}

const nowhere: Request = { params: { conversation: uuidv7() } }

/** Returns a device whose credential is signed by an account key other than the user's. */
function newDevice(userId: UserId) {
  const deviceId = uuidv7() as DeviceId // it has the form of an id
  const { signaturePublic: signatureKey } = createDeviceKeys()
  const credentialSig = signCredential(createAccountKey().accountPrivate, { userId, deviceId, signatureKey })
  return {
    deviceId,
    name: 'forged',
    signatureKey: toBase64Url(signatureKey),
    credentialSig: toBase64Url(credentialSig),
  }
}

/** Returns the data with which a person's device was registered. */
function registered({ client: { identity } }: Person) {
  const { deviceId, signaturePublic: signatureKey, credentialSig } = identity
  return { deviceId, name: 'again', signatureKey, credentialSig }
}

function revocationOf(userId: UserId, deviceId: DeviceId, accountPrivate: Uint8Array): Request {
  const statement = toBase64Url(signRevocation(accountPrivate, { userId, deviceId }))
  return { params: { deviceId }, query: { statement } }
}

const sessionOf = (deviceId: DeviceId): Request => ({ params: { deviceId }, body: { proof: 'A'.repeat(86) } })

/** Returns a key package of the person's device as the server stores it. */
async function keyPackageOf(stack: Cast['stack'], { client }: Person): Promise<string> {
  const [row] = await stack.sql(
    `select body from key_package where not last_resort and body <> '' and device_id = (select id from device where pub_id = $1) limit 1`,
    [client.identity.deviceId],
  )
  return toBase64Url(row?.body as Buffer) // the type of that column
}

/** Returns the version of the account state that the user of the role has stored. */
async function stateVersion({ stack, actors, member }: Cast, role: Role): Promise<number> {
  const { id } = actors[role].person ?? member
  const [row] = await stack.sql(
    'select version from account_state where user_id = (select id from "user" where pub_id = $1)',
    [id],
  )
  return Number(row?.version ?? 0)
}

/** Returns a commit for the group's present epoch that removes `victim`, or nobody. */
async function commitOf({ group }: Cast, by: Person, victim?: Person) {
  const now = by.client.conversation(group).group
  if (!now) throw new Error(`${by.name} has no group`)
  const remove = now.members().flatMap(({ userId, leafIndex }) => (userId === victim?.id ? [leafIndex] : []))
  const members = now.roster.members.filter(({ userId }) => userId !== victim?.id)
  const change = victim ? { remove, roster: { ...now.roster, members } } : {}
  const made = await now.commit({ ...change, trust: () => true })
  const { groupNo, epoch } = now
  return { id: uuidv7(), groupNo, epoch, commit: toBase64Url(made.commit), groupInfo: toBase64Url(made.groupInfo) }
}

/**
 * Returns a leave statement about the group as its admin knows it, or with another group number.
 */
function statementOf(person: Person, { group, admin }: Cast, groupNo?: GroupNo): string {
  const known = admin.client.conversation(group).group
  if (!known) throw new Error(`${admin.name} has no group`)
  const moment = momentOf(known.publicGroup)
  return toBase64Url(signLeave(deviceOf(person), { ...moment, ...(groupNo && { groupNo }) }))
}
