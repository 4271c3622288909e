import type { Client, PrivacyName } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Person } from '../engine-state.ts'

export type PrivacyCalls = {
  setPrivacy: { input: { name: PrivacyName; isOn: boolean } }
  blockedPeople: { input: Record<string, never>; result: readonly Person[] }
  endBlock: { input: { userId: UserId }; result: readonly Person[] }
}

export const privacyCalls = (client: Client): Handlers<PrivacyCalls> => {
  const blocked = (): Person[] =>
    client.people
      .blocked()
      .map((userId) => ({ userId, name: client.pins.nameOf(userId) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    setPrivacy: async ({ name, isOn }) => await client.signals.privacy.set(name, isOn),
    blockedPeople: async () => blocked(),
    endBlock: async ({ userId }) => {
      await client.people.unblock(userId)
      return blocked()
    },
  }
}
