import type { DeviceId, Roster, UserId } from '@fastchat/schema'
import { beforeEach, describe, expect, test } from 'vitest'
import { Chat } from '../../testing/chat.ts'

/** One admin and four members with two devices each. */
let chat: Chat
let admin: DeviceId
let voters: DeviceId[]

beforeEach(async () => {
  chat = await Chat.create({ users: 5, devicesEach: 2 })
  const [first] = chat.adminDevices()
  if (first === undefined) throw new Error('no admin')
  admin = first
  const deviceOf = (user: UserId) => chat.devices().find((device) => chat.userOf(device) === user)
  const others = chat.users().filter((user) => user !== chat.userOf(first))
  voters = others.flatMap((user) => deviceOf(user) ?? [])
})

const [ann, ben, cal] = [0, 1, 2]
const at = (index: number): DeviceId => {
  const device = voters[index]
  if (device === undefined) throw new Error('no such voter')
  return device
}

describe('with the votes of three of four members', () => {
  test('any member removes the admin and the longest member becomes admin', async () => {
    const oldAdmin = chat.userOf(admin)
    await chat.elect(at(cal), chat.votesOf([at(ann), at(ben), at(cal)]))
    expect(chat.users()).not.toContain(oldAdmin)
    expect(chat.adminDevices().map(chat.userOf)).toEqual([chat.userOf(at(ann)), chat.userOf(at(ann))])
    await chat.everyoneReads(at(ben))
  })

  test('the new admin can add and remove people', async () => {
    await chat.elect(at(ann), chat.votesOf([at(ann), at(ben), at(cal)]))
    await chat.addUsers(at(ann), 1, 1)
    await chat.everyoneReads(at(ann))
  })
})

test('two votes of four members are refused', async () => {
  await expect(chat.elect(at(ann), chat.votesOf([at(ann), at(ben)]))).rejects.toThrow('no_majority')
})

test('two devices of one member are refused as two votes', async () => {
  const second = chat.devices().filter((device) => chat.userOf(device) === chat.userOf(at(ann)))
  const votes = chat.votesOf([...second, at(ben)])
  await expect(chat.elect(at(ann), votes)).rejects.toThrow('two votes of one user')
})

test('an admin has no vote', async () => {
  const votes = chat.votesOf([at(ann), at(ben), at(cal), admin])
  await expect(chat.elect(at(ann), votes)).rejects.toThrow('no_majority')
})

test('a vote for another roster is refused', async () => {
  const [ok1, ok2] = chat.votesOf([at(ann), at(ben)])
  const other: Roster = { kind: 'group', members: [{ userId: chat.userOf(at(ann)), role: 'admin' }] }
  const [stale] = chat.votesOf([at(cal)], other)
  if (!ok1 || !ok2 || !stale) throw new Error('no votes')
  await expect(chat.elect(at(ann), [ok1, ok2, stale])).rejects.toThrow('bad_vote')
})

test("a member's vote made up by another is refused", async () => {
  const [mine, theirs] = chat.votesOf([at(ann), at(ben)])
  if (!mine || !theirs) throw new Error('no votes')
  const forged = { userId: chat.userOf(at(cal)), deviceId: at(cal), sig: mine.sig }
  await expect(chat.elect(at(ann), [mine, theirs, forged])).rejects.toThrow('bad_vote')
})

test("a vote under another member's device is refused", async () => {
  const votes = chat.votesOf([at(ann), at(ben), at(cal)])
  const swapped = votes.map((vote, index) => (index === 2 ? { ...vote, deviceId: at(ann) } : vote))
  await expect(chat.elect(at(ann), swapped)).rejects.toThrow('no_majority')
})

test('votes do not let their bearer become admin instead of the longest member', async () => {
  const votes = chat.votesOf([at(ann), at(ben), at(cal)])
  const heir = chat.userOf(at(cal))
  const members = chat
    .users()
    .filter((user) => user !== chat.userOf(admin))
    .map((userId) => ({ userId, role: userId === heir ? ('admin' as const) : ('member' as const) }))
  const roster: Roster = { kind: 'group', members }
  await expect(chat.commit(at(cal), { remove: chat.leavesOf(chat.userOf(admin)), roster, votes })).rejects.toThrow(
    'no_majority',
  )
})

test('votes do not let their bearer remove another member', async () => {
  const votes = chat.votesOf([at(ann), at(ben), at(cal)])
  await expect(chat.elect(at(cal), votes, [chat.userOf(at(ann))])).rejects.toThrow('no_majority')
})

test('votes in a commit that changes no roster are refused', async () => {
  await expect(chat.commit(at(ann), { votes: chat.votesOf([at(ann), at(ben), at(cal)]) })).rejects.toThrow(
    'votes without an election',
  )
})

describe('in a group with an owner and three admins', () => {
  let owner: UserId
  const ownerless = (departed: UserId) => chat.users().filter((user) => user !== departed)
  const devicesOf = (user: UserId) => chat.devices().filter((device) => chat.userOf(device) === user)

  beforeEach(async () => {
    owner = chat.userOf(admin)
    await chat.setRole(admin, owner, 'owner')
    for (const voter of [ann, ben, cal]) await chat.setRole(admin, chat.userOf(at(voter)), 'admin')
  })

  test('two admins can replace the owner only by the longest admin', async () => {
    const [kept, dan] = [ownerless(owner), 3]
    await chat.elect(at(cal), chat.votesOf([at(ben), at(cal)]))
    expect(chat.users()).toEqual(kept)
    const heir = chat.userOf(at(ann))
    // The new owner hands the group over, which only an owner may do.
    await chat.setRole(at(ann), chat.userOf(at(ben)), 'member')
    await expect(chat.removeUser(at(cal), heir)).rejects.toThrow('owner_only')
    await chat.everyoneReads(at(dan))
  })

  test('the vote of one of three admins is too few', async () => {
    await expect(chat.elect(at(ann), chat.votesOf([at(ann)]))).rejects.toThrow('no_majority')
  })

  test('members have no vote about the owner, and admins none about the admins', async () => {
    const mixed = chat.votesOf([at(ann), at(3)])
    await expect(chat.elect(at(ann), mixed)).rejects.toThrow('no_majority')
    await expect(chat.elect(at(3), chat.votesOf([at(3), at(ann), at(ben)]))).rejects.toThrow('no_majority')
  })

  test('the owner has no vote, and two devices of an admin are one vote', async () => {
    await expect(chat.elect(at(ann), chat.votesOf([at(ann), admin]))).rejects.toThrow('no_majority')
    const twice = chat.votesOf(devicesOf(chat.userOf(at(ann))))
    await expect(chat.elect(at(ann), twice)).rejects.toThrow('two votes of one user')
  })

  test('votes cannot make another member admin, or remove another admin', async () => {
    const votes = chat.votesOf([at(ann), at(ben)])
    const taken: Roster = {
      kind: 'group',
      members: ownerless(owner).map((userId) => ({
        userId,
        role: userId === chat.userOf(at(ben)) ? 'owner' : userId === chat.userOf(at(3)) ? 'member' : 'admin',
      })),
    }
    const remove = chat.leavesOf(owner)
    await expect(chat.commit(at(ben), { remove, roster: taken, votes })).rejects.toThrow('no_majority')
    await expect(chat.elect(at(ann), votes, [chat.userOf(at(cal))])).rejects.toThrow('no_majority')
  })
})
