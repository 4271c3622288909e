import { Group } from '@fastchat/crypto'
import { type ConversationId, type GroupNo, toBase64Url } from '@fastchat/schema'
import type { Account } from './account.ts'
import { holds } from './expect.ts'
import { call, succeeded } from './http.ts'
import type { NewId } from './new-id.ts'

/** A conversation with one member, ready for messages. This file has all MLS that the kit needs. */
export type Talk = {
  readonly conversation: string
  /** Returns a `send` frame with a new envelope. */
  send(id?: string): Promise<Readonly<Record<string, unknown>> & { readonly id: string }>
}

export async function createGroup(url: string, { identity, token }: Account, newId: NewId): Promise<Talk> {
  // A UUIDv7 has the form of a conversation's id, and a group number counts from 1.
  const conversation = newId() as ConversationId
  const groupNo = 1 as GroupNo
  succeeded(await call(`${url}/v1/conversations`, { token, body: { kind: 'group', conversation } }), 200)
  const alone = await Group.create({ conversation, groupNo, identity, kind: 'group' })
  const roster = { kind: 'group', members: [{ userId: identity.userId, role: 'admin' }] } as const
  const made = await alone.commit({ roster: { ...roster, members: [...roster.members] }, trust: () => true })
  holds(made.initialGroupInfo !== undefined, 'the MLS library gave no initial group info')
  const accepted = await call(`${url}/v1/conversations/${conversation}/commits`, {
    token,
    body: {
      id: newId(),
      groupNo,
      epoch: 0,
      commit: toBase64Url(made.commit),
      groupInfo: toBase64Url(made.groupInfo),
      initialGroupInfo: toBase64Url(made.initialGroupInfo),
    },
  })
  succeeded(accepted, 200)
  let group = made.pending
  return {
    conversation,
    async send(id = newId()) {
      const text = JSON.stringify({ v: 1, kind: 'text', text: 'from the conformance kit' })
      const encrypted = await group.encrypt(new TextEncoder().encode(text))
      group = encrypted.group
      const { epoch } = group
      return { t: 'send', id, conversation, groupNo, epoch, envelope: toBase64Url(encrypted.envelope), first: true }
    },
  }
}
