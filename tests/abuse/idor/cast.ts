import { createRest, logIn, type Store, signIn, uploadFile } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import {
  type AttachmentId,
  authOperations,
  type ConversationId,
  type DeviceId,
  limits,
  type Seq,
} from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { password, passwordWork } from '../../support/password.ts'
import { Person } from '../../support/person.ts'
import { Stack } from '../../support/stack.ts'

/**
 * The roles of callers. `enrol` has shown the member's password and has no device yet.
 * `otherDevice` is a registered device of the member that has joined nothing. `exMember` was
 * removed.
 */
export const roles = ['nobody', 'enrol', 'stranger', 'exMember', 'otherDevice', 'member', 'admin'] as const
export type Role = (typeof roles)[number]

export type Actor = { readonly token: string | undefined; readonly person: Person | undefined }

/**
 * One group and the people of each role. All devices are offline: tests send their requests by
 * hand.
 */
export type Cast = {
  readonly stack: Stack
  readonly actors: Readonly<Record<Role, Actor>>
  readonly admin: Person
  readonly member: Person
  readonly group: ConversationId
  /**
   * Positions before and after the removal of `exMember`. The messages there name the attachments
   * of the same names, which the admin uploaded.
   */
  readonly seqs: { readonly early: Seq; readonly late: Seq; readonly lateCommit: Seq }
  readonly attachments: Readonly<Record<'early' | 'late' | 'unsent' | 'toSend' | 'parts', AttachmentId>> & {
    /** The bytes of `parts`, all zero; the first step of them is stored. */
    readonly partsSize: number
  }
  readonly otherDevice: DeviceId
  /** The private account key of the member. */
  readonly memberPrivate: Uint8Array
}

export async function gatherCast(): Promise<Cast> {
  const stack = await Stack.start()
  const [admin, member, exMember, stranger] = await Promise.all(
    ['ana', 'ben', 'dan', 'eve'].map((name) => Person.signUp(stack.url, name)),
  )
  if (!admin || !member || !exMember || !stranger) throw new Error('four people')
  const group = (await admin.client.createGroup('Group', [member.id, exMember.id])).id
  for (const one of [member, exMember])
    await eventually(() => expectActive(one, group), { timeoutMs: 60_000, everyMs: 50 })
  const early = await sendFile(admin, group)
  await admin.client.removeMembers(group, [exMember.id])
  for (const role of ['admin', 'member'] as const) await admin.client.setRole(group, member.id, role)
  const lateCommit = await lastCommit(stack)
  const late = await sendFile(admin, group)
  const [unsent, toSend] = [await upload(admin), await upload(admin)]
  const { parts, partsSize } = await uploadPart(admin)
  await eventually(() => expectRead(member, group, late.seq), { timeoutMs: 60_000, everyMs: 50 })
  await eventually(() => expectGone(stack, exMember), { timeoutMs: 60_000, everyMs: 50 })
  await Promise.all([admin, member, exMember, stranger].map((one) => one.offline()))

  const enrolled = await logIn(createRest(stack.url), member.name, password, passwordWork)
  const store = memoryStore()
  const other = await signIn(stack.url, store, enrolled, 'a machine that joins nothing')
  const device = async (person: Person): Promise<Actor> => ({ token: await person.accessToken(), person })
  return {
    stack,
    admin,
    member,
    group,
    seqs: { early: early.seq, late: late.seq, lateCommit },
    attachments: {
      early: early.attachment,
      late: late.attachment,
      unsent: unsent.attachment,
      toSend: toSend.attachment,
      parts,
      partsSize,
    },
    otherDevice: other.deviceId,
    memberPrivate: enrolled.accountPrivate,
    actors: {
      nobody: { token: undefined, person: undefined },
      enrol: { token: enrolled.enrolment.enrolToken, person: undefined },
      otherDevice: { token: await accessToken(stack.url, store), person: undefined },
      stranger: await device(stranger),
      exMember: await device(exMember),
      member: await device(member),
      admin: await device(admin),
    },
  }
}

function expectActive(person: Person, group: ConversationId): void {
  if (person.client.conversation(group).record.status !== 'active') throw new Error(person.report())
}

function expectRead(person: Person, group: ConversationId, seq: number): void {
  if (person.client.conversation(group).record.cursor < seq) throw new Error(person.report())
}

/**
 * Throws until the server knows that the device has read its removal, the last entry it may
 * receive.
 */
async function expectGone(stack: Stack, { client: { identity } }: Person): Promise<void> {
  const [left] = await stack.sql(
    `select from leaf l join device d on d.id = l.device_id left join device_cursor c using (device_id, conversation_id)
     where d.pub_id = $1 and (l.to_seq is null or c.acked_seq is null or c.acked_seq < l.to_seq)`,
    [identity.deviceId],
  )
  if (left) throw new Error('still there')
}

/** Returns the position of the last commit of the only conversation. */
async function lastCommit(stack: Stack): Promise<Seq> {
  const [row] = await stack.sql('select max(seq)::int as seq from message where kind = 1')
  return row?.seq as Seq // the column has this type
}

const upload = ({ client }: Person) =>
  uploadFile(client.api, { bytes: new Uint8Array(9), name: 'a.png', mime: 'image/png' })

async function sendFile(by: Person, group: ConversationId): Promise<{ seq: Seq; attachment: AttachmentId }> {
  const file = await upload(by)
  const { outbox } = by.client.conversation(group)
  const id = by.client.newId()
  await outbox.queue(id, { v: 1, kind: 'image', file, width: 1, height: 1 }, [file.attachment])
  // Positions begin at 1.
  return { seq: (await outbox.whenStored(id)).seq as Seq, attachment: file.attachment }
}

/** Returns an access token for a device that has signed in and was never started. */
async function accessToken(url: string, store: Store): Promise<string> {
  const saved = await store.get('meta', 'session')
  const { refreshToken } = JSON.parse(new TextDecoder().decode(saved)) as { refreshToken: string }
  return (await createRest(url).call(authOperations.refresh, { body: { refreshToken } })).accessToken
}

/** Uploads the first part of a file, and leaves the rest. */
async function uploadPart({ client }: Person) {
  const partsSize = limits.uploadStepBytes + 5
  const parts = uuidv7() as AttachmentId // it has the form of an id
  const path = `/v1/attachments/${parts}?offset=0&size=${partsSize}`
  await client.api.upload(path, new Uint8Array(limits.uploadStepBytes))
  return { parts, partsSize }
}
