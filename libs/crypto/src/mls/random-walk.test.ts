import type { DeviceId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { Chat } from '../../testing/chat.ts'

/** A small seeded generator (mulberry32), so that a failed walk can be walked again. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

interface Walk {
  seed: number
  epochs: number
  /** Devices that the walk stays between. */
  fewest: number
  most: number
}

/**
 * Takes a chat through random changes of every kind. After each step a random device sends a
 * message. Every device in the group must decrypt it, and every device outside must fail, with all
 * keys that it still has (`Chat` checks this).
 */
async function walk({ seed, epochs, fewest, most }: Walk): Promise<Chat> {
  const below = generator(seed)
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
  const chat = await Chat.create({ users: 2 + below(3), devicesEach: 2 })
  const otherThan = (device: DeviceId) => chat.devices().filter((other) => other !== device)
  /** Does nothing while the admins have no device in the group. An external join ends that. */
  const byAdmin = (act: (admin: DeviceId) => Promise<void>) => async () => {
    if (chat.adminDevices().length > 0) await act(pick(chat.adminDevices()))
  }
  /** Does nothing for a user with one device. */
  const byOwner = (act: (by: DeviceId, other: DeviceId) => Promise<void>) => async () => {
    const by = pick(chat.devices())
    const own = otherThan(by).filter((device) => chat.userOf(device) === chat.userOf(by))
    if (own.length > 0) await act(by, pick(own))
  }
  const steps: Record<string, () => Promise<void>> = {
    addUsers: byAdmin((admin) => chat.addUsers(admin, 1 + below(3), 1 + below(2))),
    addOwnDevice: () => chat.addOwnDevice(pick(chat.devices())),
    joinFromOutside: () => chat.joinNewDevice(pick(chat.users())),
    resync: () => chat.resync(pick(chat.devices())),
    update: () => chat.commit(pick(chat.devices()), {}),
    promote: byAdmin((admin) => chat.setRole(admin, pick(chat.users()), 'admin')),
    removeUser: byAdmin(async (admin) => {
      const others = chat.users().filter((user) => user !== chat.userOf(admin))
      if (others.length > 1) await chat.removeUser(admin, pick(others))
    }),
    removeOwnDevice: byOwner((remover, own) => chat.removeDevice(remover, own)),
    replaceUser: byAdmin(async (admin) => {
      const others = chat.users().filter((user) => user !== chat.userOf(admin))
      if (others.length > 0) await chat.replaceUser(admin, pick(others), 1 + below(2))
    }),
    replaceOwnDevice: byOwner((remover, own) => chat.replaceOwnDevice(remover, own)),
    leave: async () => {
      const user: UserId = pick(chat.users())
      const stayers = chat.devices().filter((device) => chat.userOf(device) !== user)
      if (chat.users().length > 2 && stayers.length > 0) await chat.leave(user, pick(stayers))
    },
    revoke: async () => {
      const device = pick(chat.devices())
      await chat.revoke(device, pick(otherThan(device)))
    },
  }
  const steady = ['resync', 'update', 'promote', 'replaceUser', 'replaceOwnDevice']
  const growing = ['addUsers', 'addOwnDevice', 'joinFromOutside', ...steady]
  const shrinking = ['removeUser', 'removeOwnDevice', 'leave', 'revoke', ...steady]
  while (chat.epoch < epochs) {
    const count = chat.devices().length
    const names = count <= fewest ? growing : count >= most ? shrinking : [...growing, ...shrinking]
    await steps[pick(names)]?.()
    await chat.everyoneReads(pick(chat.devices()))
    if (below(4) === 0) chat.restart(pick(chat.devices()))
  }
  return chat
}

test.each<Walk>([
  { seed: 1, epochs: 40, fewest: 6, most: 10 },
  { seed: 2, epochs: 40, fewest: 6, most: 14 },
  { seed: 3, epochs: 60, fewest: 6, most: 20 },
  { seed: 5, epochs: 40, fewest: 18, most: 30 },
])('walk $seed: $epochs epochs, $fewest to $most devices', { timeout: 120_000 }, async (input) => {
  const chat = await walk(input)
  expect(chat.epoch).toBeGreaterThanOrEqual(input.epochs)
  expect(chat.opened).toBeGreaterThan(input.epochs)
})
