import {
  type ClientFrame,
  type ClientFrames,
  type Epoch,
  type ErrorCode,
  type GroupNo,
  type Seq,
  toBase64Url,
} from '@fastchat/schema'
import type { Person } from '../../support/person.ts'
import type { Cast, Role } from './cast.ts'

export type FrameRule = {
  readonly what: string
  /** Returns the frame. A request whose id means nothing has none here. */
  readonly frame: (cast: Cast, role: Role) => ClientFrame | Promise<ClientFrame>
  readonly outcome: Readonly<Record<Role, 'allow' | ErrorCode>>
}

type ForDevices = Omit<FrameRule['outcome'], 'nobody' | 'enrol'>
/**
 * Returns the outcome for each role. A role that cannot say `hello` for lack of a device's token is
 * not heard.
 */
const devices = (outcome: ForDevices): FrameRule['outcome'] => ({
  nobody: 'hello_first',
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
const id = 'asked'
const start = 0 as Seq // before the first entry

/**
 * The rules of who may send which frame after connecting. A frame of the contract without a rule
 * does not compile and fails `idor.test.ts`.
 */
export const frameRules: { readonly [T in keyof ClientFrames]: readonly [FrameRule, ...FrameRule[]] } = {
  hello: [
    {
      what: 'a second time, as the admin',
      frame: ({ actors }) => ({ t: 'hello', id, token: actors.admin.token ?? '' }),
      outcome: { ...devices(all('bad_request')), nobody: 'allow' },
    },
  ],
  token: [
    {
      what: 'of the admin’s device',
      frame: ({ actors }) => ({ t: 'token', id, token: actors.admin.token ?? '' }),
      outcome: devices({ ...all('forbidden'), admin: 'allow' }),
    },
    {
      what: 'of another device of the same user',
      frame: ({ actors }, role) => ({
        t: 'token',
        id,
        token: actors[role === 'otherDevice' ? 'member' : 'otherDevice'].token ?? '',
      }),
      outcome: devices(all('forbidden')),
    },
    {
      what: 'that only registers devices',
      frame: ({ actors }) => ({ t: 'token', id, token: actors.enrol.token ?? '' }),
      outcome: devices(all('unauthorized')),
    },
  ],
  send: [
    {
      what: 'bytes that the member has encrypted',
      frame: (cast) => envelopeOf(cast, cast.member),
      outcome: devices({ ...all('not_found'), member: 'allow', admin: 'allow' }),
    },
    {
      what: 'that names what the admin has uploaded for it',
      frame: async (cast) => ({
        ...(await envelopeOf(cast, cast.member)),
        attachments: [cast.attachments.toSend],
      }),
      outcome: devices({ ...all('not_found'), member: 'attachment_unknown', admin: 'allow' }),
    },
    {
      what: 'that names what has been sent',
      frame: async (cast) => ({
        ...(await envelopeOf(cast, cast.member)),
        attachments: [cast.attachments.early],
      }),
      outcome: devices({ ...all('not_found'), member: 'attachment_unknown', admin: 'attachment_unknown' }),
    },
  ],
  fetch: [
    {
      what: 'the group from the start',
      frame: ({ group }) => ({ t: 'fetch', id, conversation: group, after: start }),
      outcome: devices({ ...all('not_found'), member: 'allow', admin: 'allow' }),
    },
  ],
  ack: [
    {
      what: 'the group to its end; what is not theirs is passed over',
      frame: ({ group, seqs }) => ({ t: 'ack', conversation: group, seq: seqs.late }),
      outcome: devices(all('allow')),
    },
  ],
  signal: [
    {
      what: 'to the group, to be kept; what is not theirs is passed over',
      frame: ({ group: conversation }) => ({
        ...{ t: 'signal', conversation, keep: true, body: 'AAAA' },
        // The casts hold: these are numbers of a group and an epoch.
        ...{ groupNo: 1 as GroupNo, epoch: 1 as Epoch },
      }),
      outcome: devices(all('allow')),
    },
  ],
  signals: [
    {
      what: 'that were kept; each device gets those of its groups',
      frame: () => ({ t: 'signals', id, since: 0 }),
      outcome: devices(all('allow')),
    },
  ],
  ping: [{ what: 'the server', frame: () => ({ t: 'ping', id }), outcome: devices(all('allow')) }],
}

/** Returns a send with new bytes of the person's device for the group's epoch. */
async function envelopeOf({ group: conversation }: Cast, by: Person): Promise<ClientFrames['send']> {
  const { group } = by.client.conversation(conversation)
  const made = await group?.encrypt(new TextEncoder().encode('{}'))
  if (!group || !made) throw new Error(`${by.name} has no group`)
  const { groupNo, epoch } = group
  const envelope = toBase64Url(made.envelope)
  return { t: 'send', id: by.client.newId(), conversation, groupNo, epoch, envelope, first: true }
}
