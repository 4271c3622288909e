import { createAccountKey, signName } from '@fastchat/crypto'
import { maxMembers, toBase64Url, type User, type UserId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { Unreachable } from '../errors.ts'
import { Batch } from '../store/records.ts'
import { PinTable } from './pin-table.ts'
import { Pins, type PinsPort } from './pins.ts'

type Account = { readonly accountPrivate: Uint8Array; readonly accountKey: Uint8Array; readonly user: User }

function account(username: string, userId = newId<UserId>()): Account {
  const { accountPrivate, accountKey } = createAccountKey()
  const nameSig = toBase64Url(signName(accountPrivate, { userId, username }))
  return { accountPrivate, accountKey, user: { userId, username, accountKey: toBase64Url(accountKey), nameSig } }
}
const unsigned = ({ nameSig: _, ...user }: User): User => user
const renamed = ({ accountPrivate, user }: Account, username: string): User => {
  const { userId } = user
  return { ...user, username, nameSig: toBase64Url(signName(accountPrivate, { userId, username })) }
}
const claimsOf = ({ accountKey, user }: Account) => ({ userId: user.userId, accountKey }) as never
/** The user's id with another user's key. */
const forged = ({ user }: Account) => ({ userId: user.userId, accountKey: createAccountKey().accountKey }) as never

let directory: User[]
let requests: UserId[][]
let isAway: boolean
const api = {
  call: async (_: unknown, { body }: { body: { userIds: UserId[] } }) => {
    if (isAway) throw new Unreachable('away')
    requests.push(body.userIds)
    return { users: directory.filter(({ userId }) => body.userIds.includes(userId)) }
  },
} as never

let store: ReturnType<typeof memoryStore>
let pins: Pins
let troubles: string[]
/** The messages of `troubles`. */
let words: string[]
let changes: number
let lines: string[]
async function load(): Promise<void> {
  await open(api)
}
async function open(directory: PinsPort['api']): Promise<void> {
  pins = new Pins(await PinTable.load(store), {
    ...{ api: directory, store },
    changed: () => void changes++,
    tell: ({ code, message }) => {
      troubles.push(code)
      words.push(message)
    },
    tellChats: async ({ userId, code }) => void lines.push(`${code} ${userId}`),
  })
}
beforeEach(async () => {
  directory = []
  requests = []
  troubles = []
  words = []
  changes = 0
  lines = []
  isAway = false
  store = memoryStore()
  await load()
})

/** Keeps the findings of a look-up, as a conversation does with an accepted group. */
async function keep(found: Parameters<Pins['keep']>[0]): Promise<void> {
  const batch = new Batch()
  await pins.keep(found, batch, () => store.write(batch.writes))
}
const settled = () => new Promise(setImmediate)

const [bob, carol, mallory] = [account('bob'), account('carol'), account('mallory')]

test('a tree pins no one: its users are looked up in one request, and pinned when the group is kept', async () => {
  directory = [bob.user, carol.user]
  const lookUp = pins.lookUp()
  expect(await lookUp.trust([claimsOf(bob), claimsOf(carol), claimsOf(bob)])).toBe(true)
  expect(requests).toEqual([[bob.user.userId, carol.user.userId]])
  expect(pins.accountKeyOf(bob.user.userId)).toBeUndefined()
  await keep(lookUp.found)
  await load()
  expect([pins.accountKeyOf(bob.user.userId), pins.nameOf(bob.user.userId)]).toEqual([bob.user.accountKey, 'bob'])
  expect(await pins.lookUp().trust([claimsOf(bob), claimsOf(carol)])).toBe(true)
  expect(await pins.lookUp().trust([forged(bob)])).toBe(false)
  expect(requests).toHaveLength(1)
})

test('a key that is not the directory’s refuses the whole tree, pins no one, and names the user', async () => {
  directory = [bob.user, carol.user]
  const lookUp = pins.lookUp()
  expect(await lookUp.trust([claimsOf(carol), forged(bob)])).toBe(false)
  expect([lookUp.refused, [...lookUp.found]]).toEqual([bob.user.userId, []])
  expect(troubles).toEqual(['key_mismatch'])
  expect(words).toEqual([expect.stringContaining('a key for bob that is not theirs')])
  expect(await store.list('pins')).toEqual([])
  expect(await pins.lookUp().trust([claimsOf(bob)])).toBe(true)
})

test('a user without a directory entry passes with one key, unpinned and marked', async () => {
  const { userId } = bob.user
  const lookUp = pins.lookUp()
  expect(await lookUp.trust([claimsOf(bob)])).toBe(true)
  await keep(lookUp.found)
  expect(pins.accountKeyOf(userId)).toBeUndefined()
  expect(pins.nameOf(userId)).toBe(`${userId.slice(0, 8)} (unverified)`)
  expect(await pins.lookUp().trust([claimsOf(bob), forged(bob)])).toBe(false)
})

test('a statement outside a group needs a known key, pinned or in the directory', async () => {
  expect(await pins.lookUp().knows([claimsOf(bob)])).toBe(false)
  directory = [bob.user]
  expect(await pins.lookUp().knows([claimsOf(bob)])).toBe(true)
  expect(await pins.lookUp().knows([forged(bob)])).toBe(false)
  await pins.learn([bob.user])
  directory = []
  expect(await pins.lookUp().knows([claimsOf(bob)])).toBe(true)
})

test('a deleted user is compared, not pinned, and marked', async () => {
  directory = [{ ...bob.user, deleted: true }]
  expect(await pins.lookUp().trust([forged(bob)])).toBe(false)
  const lookUp = pins.lookUp()
  expect(await lookUp.trust([claimsOf(bob)])).toBe(true)
  await keep(lookUp.found)
  expect(pins.accountKeyOf(bob.user.userId)).toBeUndefined()
  expect(pins.nameOf(bob.user.userId)).toBe('bob (deleted account)')
})

test('a directory that does not answer is no verdict', async () => {
  isAway = true
  await expect(pins.lookUp().trust([claimsOf(bob)])).rejects.toThrow(Unreachable)
})

test('answers about users who were not asked for are ignored, and the first of two answers counts', async () => {
  const liar = {
    call: async () => ({ users: [mallory.user, bob.user, account('bob', bob.user.userId).user] }),
  } as never
  await open(liar)
  const lookUp = pins.lookUp()
  expect(await lookUp.trust([claimsOf(bob)])).toBe(true)
  expect([...lookUp.found.keys()]).toEqual([bob.user.userId])
})

test('of two keys shown at once one is trusted, also after a restart', async () => {
  const other = account('bob', bob.user.userId)
  await Promise.all([pins.learn([bob.user]), pins.learn([other.user])])
  expect(troubles).toEqual(['key_changed'])
  const answers = () => [bob, other].map((one) => pins.trust([claimsOf(one)]))
  const before = answers()
  expect(before.toSorted()).toEqual([false, true])
  await load()
  expect(answers()).toEqual(before)
})

test('of two groups entered at once with two keys, the second is judged again', async () => {
  const other = account('bob', bob.user.userId)
  directory = [bob.user]
  const first = pins.lookUp()
  await first.trust([claimsOf(bob)])
  directory = [other.user]
  const second = pins.lookUp()
  expect(await second.trust([claimsOf(other)])).toBe(true)
  await keep(first.found)
  let isStored = false
  const kept = pins.keep(second.found, new Batch(), async () => {
    isStored = true
  })
  await expect(kept).rejects.toMatchObject({ code: 'key_changed' })
  expect(isStored).toBe(false)
  expect(pins.accountKeyOf(bob.user.userId)).toBe(bob.user.accountKey)
})

test('a pin that could not be stored does not apply', async () => {
  const { write } = store
  store.write = () => Promise.reject(new Error('the disk is full'))
  await expect(pins.learn([bob.user])).rejects.toThrow('the disk is full')
  expect(pins.accountKeyOf(bob.user.userId)).toBeUndefined()
  store.write = write
  await pins.admit('bob', bob.user)
  expect(pins.nameOf(bob.user.userId)).toBe('bob')
})

test.each<[string, () => User, string]>([
  ['somebody else, rightly signed', () => mallory.user, 'name_unverified'],
  [
    'somebody else under that name, by their own statement',
    () => ({ ...mallory.user, username: 'bob' }),
    'name_unverified',
  ],
  [
    'somebody else with the statement of the user',
    () => ({ ...bob.user, userId: mallory.user.userId }),
    'name_unverified',
  ],
  [
    'another key with the statement of the user',
    () => ({ ...bob.user, accountKey: mallory.user.accountKey }),
    'name_unverified',
  ],
  ['the user without a statement', () => unsigned(bob.user), 'name_unverified'],
  ['a statement that is none', () => ({ ...bob.user, nameSig: '!' }), 'name_unverified'],
])('looked up by name, %s is refused, and not pinned', async (_, answer, code) => {
  await expect(pins.admit('bob', answer())).rejects.toMatchObject({ code })
  expect(await store.list('pins')).toEqual([])
})

test('a signed name belongs to one user, and another account with it is shown without a name', async () => {
  await pins.admit('bob', bob.user)
  const second = account('bob')
  await expect(pins.admit('bob', second.user)).rejects.toMatchObject({ code: 'name_taken' })
  await pins.learn([second.user])
  expect(pins.nameOf(second.user.userId)).toBe(`${second.user.userId.slice(0, 8)} (unverified)`)
  expect(pins.nameOf(bob.user.userId)).toBe('bob')
  expect(troubles).toEqual(['name_taken'])
})

test.each<[string, () => User]>([
  ['key_changed', () => account('bob', bob.user.userId).user],
  ['name_changed', () => renamed(bob, 'robert')],
  ['name_changed', () => ({ ...unsigned(bob.user), username: 'robert' })],
])('%s: told once in the chats with the user, on this device, and never taken over', async (code, change) => {
  await pins.learn([bob.user])
  const changed = change()
  for (let process = 0; process < 2; process++) {
    for (let time = 0; time < 2; time++) await pins.learn([changed])
    await expect(pins.admit(changed.username, changed)).rejects.toMatchObject({ code })
    await settled()
    expect(troubles.splice(0)).toEqual([code])
    expect(lines).toEqual([`${code} ${bob.user.userId}`])
    expect([pins.accountKeyOf(bob.user.userId), pins.nameOf(bob.user.userId)]).toEqual([bob.user.accountKey, 'bob'])
    await load()
  }
})

test('a server that invents more and more keys adds at most four lines', async () => {
  await pins.learn([bob.user])
  for (let time = 0; time < 6; time++) {
    await pins.learn([account('bob', bob.user.userId).user])
    await settled()
  }
  expect(lines).toHaveLength(4)
})

test('a name without a signature is shown as unverified, and one with a false signature is not shown', async () => {
  const { userId } = bob.user
  await pins.learn([unsigned(bob.user), { ...carol.user, nameSig: mallory.user.nameSig as string }])
  expect(pins.nameOf(userId)).toBe('bob (unverified)')
  expect(pins.nameOf(carol.user.userId)).toBe(`${carol.user.userId.slice(0, 8)} (unverified)`)
  expect(troubles).toEqual(['name_unverified'])
  await pins.learn([bob.user])
  expect(pins.nameOf(userId)).toBe('bob')
  // A server that hides the signature later does not undo it.
  await pins.learn([unsigned(bob.user)])
  expect(pins.nameOf(userId)).toBe('bob')
  expect(troubles).toHaveLength(1)
})

test('names are asked for once, in requests of bounded size', async () => {
  directory = [bob.user]
  const strangers = Array.from({ length: maxMembers }, () => newId<UserId>())
  await pins.resolve([bob.user.userId, ...strangers])
  expect(requests.map(({ length }) => length)).toEqual([maxMembers, 1])
  await pins.resolve([bob.user.userId, ...strangers])
  expect(requests).toHaveLength(2)
  expect(pins.nameOf(bob.user.userId)).toBe('bob')
})

test('a pin of another device is pinned here and shared by this one', async () => {
  const [bob, cleo] = [account('bob'), account('cleo')]
  const { accountKey, userId } = bob.user
  await pins.share({ [userId]: { accountKey, username: 'bob' }, [cleo.user.userId]: { username: 'cleo' } })
  await load()
  expect(pins.nameOf(userId)).toBe('bob')
  expect(await pins.trust([claimsOf(bob)])).toBe(true)
  expect(await pins.trust([forged(bob)])).toBe(false)
  expect(pins.shared()).toEqual({ [userId]: { accountKey, username: 'bob' }, [cleo.user.userId]: { username: 'cleo' } })
  expect(troubles).toEqual([])
})

test('another key than the one pinned here is reported once and changes nothing', async () => {
  const bob = account('bob')
  directory = [bob.user]
  await pins.learn([bob.user])
  const theirs = { [bob.user.userId]: { accountKey: toBase64Url(createAccountKey().accountKey) } }
  await pins.share(theirs)
  await eventually(() => expect(lines).toEqual([`devices_differ ${bob.user.userId}`]))
  expect(troubles).toEqual(['devices_differ'])
  expect(await pins.trust([claimsOf(bob)])).toBe(true)
  await load()
  await pins.share(theirs)
  expect(lines).toEqual([`devices_differ ${bob.user.userId}`])
})

test('a name that is another user’s here is not taken over with the key', async () => {
  const [bob, other] = [account('bob'), account('bob')]
  await pins.learn([bob.user])
  await pins.share({ [other.user.userId]: { accountKey: other.user.accountKey, username: 'bob' } })
  expect(pins.accountKeyOf(other.user.userId)).toBe(other.user.accountKey)
  expect(pins.nameOf(other.user.userId)).toMatch(/unverified/)
})

test('a claim of the directory is not shared, and a new pin is', async () => {
  const bob = account('bob')
  await pins.learn([unsigned(bob.user)])
  expect(pins.shared()).toEqual({ [bob.user.userId]: { accountKey: bob.user.accountKey } })
  expect(changes).toBe(1)
  await pins.learn([unsigned(bob.user)])
  expect(changes).toBe(1)
})

test('a key that the directory shows for a known user waits as a rival until the person decides', async () => {
  const [bob, other] = [account('bob'), account('bob')]
  const rival = { ...other.user, userId: bob.user.userId }
  await pins.learn([bob.user])
  await pins.learn([rival])
  expect(pins.rivalOf(bob.user.userId)).toBe(rival.accountKey)
  await pins.refuseRival(bob.user.userId)
  await pins.learn([rival])
  expect(pins.rivalOf(bob.user.userId)).toBeUndefined()
  await pins.reconsider(bob.user.userId)
  await pins.learn([rival])
  expect(pins.rivalOf(bob.user.userId)).toBe(rival.accountKey)
  expect(pins.accountKeyOf(bob.user.userId)).toBe(bob.user.accountKey)
})

test('an accepted key replaces the pin only while the directory shows it, with a name that it signed', async () => {
  const bob = account('bob')
  const { userId } = bob.user
  const { accountPrivate, accountKey } = createAccountKey()
  const key = toBase64Url(accountKey)
  const signedAs = (username: string): User => ({
    ...{ userId, username, accountKey: key },
    nameSig: toBase64Url(signName(accountPrivate, { userId, username })),
  })
  await pins.learn([bob.user])
  directory = [bob.user]
  await expect(pins.accept(userId, key)).rejects.toMatchObject({ code: 'no_new_key' })
  for (const user of [unsigned(signedAs('bob')), signedAs('robert')]) {
    directory = [user]
    await expect(pins.accept(userId, key)).rejects.toMatchObject({ code: 'name_unverified' })
  }
  expect(pins.accountKeyOf(userId)).toBe(bob.user.accountKey)
  directory = [signedAs('bob')]
  await pins.accept(userId, key)
  await load()
  expect([pins.accountKeyOf(userId), pins.nameOf(userId)]).toEqual([key, 'bob'])
})
