import type { Client, PrivacyName } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'

export type PrivacyCalls = {
  setPrivacy: { input: { name: PrivacyName; isOn: boolean } }
  endBlock: { input: { userId: UserId } }
}

export const privacyCalls = ({ signals, people }: Client): Handlers<PrivacyCalls> => ({
  setPrivacy: async ({ name, isOn }) => await signals.privacy.set(name, isOn),
  endBlock: async ({ userId }) => await people.unblock(userId),
})
