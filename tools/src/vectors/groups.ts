import type { JsonObject } from '../docs/json.ts'
import { conversation, hex, userIds, utf8 } from './inputs.ts'

type Member = { readonly userId: string; readonly role: string }

const [ana, ben, cleo] = userIds
const rosterText = (kind: string, members: readonly Member[]) => JSON.stringify({ kind, members })
const member = (userId: string, role = 'member'): Member => ({ userId, role })

/** Returns the vectors of the roster, the GroupContext extension 0xf0c1. */
export function roster(): JsonObject {
  const lawful = [
    { kind: 'direct', members: [member(ana), member(ben)] },
    { kind: 'group', members: [member(ana, 'admin')] },
    { kind: 'group', members: [member(ana), member(ben, 'admin'), member(cleo)] },
    { kind: 'group', members: [member(cleo), member(ana, 'admin'), member(ben)] },
    { kind: 'group', members: [member(ana, 'owner'), member(ben, 'admin')] },
    { kind: 'group', members: [member(ana, 'owner')], policies: { add: 'everybody' } },
    { kind: 'group', members: [member(ana, 'owner')], policies: { write: 'admins' } },
    { kind: 'group', members: [member(ana, 'admin')], banned: [cleo] },
    {
      ...{ kind: 'group', members: [member(ana, 'owner'), member(ben)] },
      ...{ policies: { add: 'everybody', write: 'admins' }, banned: [cleo] },
    },
  ]
  const group = rosterText('group', [member(ana, 'admin'), member(ben)])
  const refused = {
    'a user twice': rosterText('group', [member(ana, 'admin'), member(ana)]),
    'no members': rosterText('group', []),
    'another role': rosterText('group', [member(ana, 'guest')]),
    'policies that say nothing': group.replace(/}$/, ',"policies":{}}'),
    'a usual rule that is written': group.replace(/}$/, ',"policies":{"add":"admins"}}'),
    'policies in another order': group.replace(/}$/, ',"policies":{"write":"admins","add":"everybody"}}'),
    'an empty list of bans': group.replace(/}$/, ',"banned":[]}'),
    'a user banned twice': group.replace(/}$/, `,"banned":["${cleo}","${cleo}"]}`),
    'bans before policies': group.replace(/}$/, `,"banned":["${cleo}"],"policies":{"add":"everybody"}}`),
    'another kind': rosterText('channel', [member(ana, 'admin')]),
    'a userId in upper case': rosterText('group', [member(ana.toUpperCase(), 'admin')]),
    'white space': group.replace(',', ', '),
    'another order of the keys': group.replace('"kind":"group",', '').replace(/}$/, ',"kind":"group"}'),
    'an unknown field': group.replace(/}$/, ',"name":"x"}'),
    'a byte order mark': `\ufeff${group}`,
  }
  return {
    description:
      'Canonical JSON in UTF-8: compact, keys in this order, members in the order in which they came. Policies and bans are there only if they differ from the usual rules; with them, or with an owner, the roster is of version 2.',
    extensionType: 0xf0c1,
    accepted: lawful.map((one) => ({ roster: one, bytes: hex(utf8(JSON.stringify(one))) })),
    refused: Object.entries(refused).map(([why, text]) => ({ why, bytes: hex(utf8(text)) })),
  }
}

/** Returns the vectors of the MLS group id. */
export function groupId(): JsonObject {
  const uuid = conversation.replaceAll('-', '')
  return {
    description: "The conversation's UUID in 16 bytes, then the group number in 4 bytes, big endian.",
    accepted: [1, 2, 256, 0xffffffff].map((groupNo) => ({
      conversation,
      groupNo,
      bytes: uuid + groupNo.toString(16).padStart(8, '0'),
    })),
    refused: [
      { why: 'group number 0', bytes: `${uuid}00000000` },
      { why: 'one byte short', bytes: `${uuid}000001` },
      { why: 'one byte more', bytes: `${uuid}0000000100` },
      { why: 'no version of a UUID', bytes: `${uuid.slice(0, 12)}0${uuid.slice(13)}00000001` },
    ],
  }
}
