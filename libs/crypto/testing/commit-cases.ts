/** Builders for tests of the commit rules: leaves and commits as plain data. */
import type { DeviceId, Epoch, Roster, RosterMember } from '@fastchat/schema'
import type { Handshake } from '../src/verify/handshake.ts'
import type { CommitCase, JudgedLeaf } from '../src/verify/judge-commit.ts'
import type { KeyPackageClaims } from '../src/verify/key-package.ts'
import { conversation, deviceId, groupNo, userId } from './people.ts'

const keyOf = (n: number) => new Uint8Array(32).fill(n)

/** Returns device `d` of user `u`. The account key consists of `u`, the device's key of `d`. */
export function claims(u: number, d: number): KeyPackageClaims {
  const device = { userId: userId(u), deviceId: deviceId(d), accountKey: keyOf(u), signatureKey: keyOf(d) }
  return { ...device, lastResort: false, notBefore: 0, notAfter: 0, ref: `ref ${d}` }
}

export function leaf(leafIndex: number, u: number, d: number): JudgedLeaf {
  const { userId: user, deviceId: device, accountKey, signatureKey } = claims(u, d)
  return { leafIndex, userId: user, deviceId: device, accountKey, signatureKey }
}

export const owner = (u: number): RosterMember => ({ userId: userId(u), role: 'owner' })
export const admin = (u: number): RosterMember => ({ userId: userId(u), role: 'admin' })
export const member = (u: number): RosterMember => ({ userId: userId(u), role: 'member' })
export const group = (...members: RosterMember[]): Roster => ({ kind: 'group', members })
export const direct = (...members: RosterMember[]): Roster => ({ kind: 'direct', members })

/**
 * Three users in a group. User 1 is the admin, with devices 11 and 12 on leaves 0 and 1. Users 2
 * and 3 are members, with devices 21 and 31 on leaves 2 and 3.
 */
export const threeUsers = {
  roster: group(admin(1), member(2), member(3)),
  leaves: [leaf(0, 1, 11), leaf(1, 1, 12), leaf(2, 2, 21), leaf(3, 3, 31)],
}

/** A direct chat of users 1 and 2, with devices 11 and 21 on leaves 0 and 1. */
export const twoUsers = { roster: direct(member(1), member(2)), leaves: [leaf(0, 1, 11), leaf(1, 2, 21)] }

/** Makes a commit by the device of a leaf, with its path. */
export function commitBy(
  from: JudgedLeaf,
  content: Partial<Handshake> = {},
  around: Partial<CommitCase['state']> & { departed?: number[]; revoked?: DeviceId[] } = {},
): CommitCase {
  const { departed = [], revoked = [], ...state } = around
  return {
    handshake: {
      ...{ conversation, groupNo, epoch: 5 as Epoch, sender: { type: 'member', leafIndex: from.leafIndex } },
      ...{ adds: [], removes: [], externalInit: false },
      updateLeaf: claims(numberOf(from.userId), numberOf(from.deviceId)),
      ...content,
    },
    committer: from,
    state: { conversation, groupNo, epoch: 5 as Epoch, ...threeUsers, ...state },
    departed: departed.map(userId),
    revoked,
  }
}

/** Makes an external join by device `d` of user `u`. */
export function joinBy(u: number, d: number, content: Partial<Handshake> = {}, around = {}): CommitCase {
  const joining = { sender: { type: 'external' }, externalInit: true, updateLeaf: claims(u, d) } as const
  return commitBy({ ...claims(u, d), leafIndex: -1 }, { ...joining, ...content }, around)
}

const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16)
