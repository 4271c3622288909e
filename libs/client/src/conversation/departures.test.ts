import { signLeave } from '@fastchat/crypto'
import { momentOf } from '@fastchat/crypto/verify'
import { toBase64Url } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { createGroup, createIdentity, Device } from '../../testing/devices.ts'
import { departuresIn } from './departures.ts'

test('a device checks at most as many departures as the group has members', async () => {
  const [anaId, benId] = [createIdentity(), createIdentity()]
  const [group] = await createGroup([anaId, benId])
  const { publicGroup } = group!
  const device = new Device(anaId)
  const { lookUp } = device
  let lookUps = 0
  device.lookUp = () => {
    lookUps++
    return lookUp()
  }
  const statement = toBase64Url(signLeave(benId, momentOf(publicGroup)))
  const departures = Array.from({ length: 5_000 }, () => statement)
  expect(new Set(await departuresIn({ departures }, publicGroup, device.context))).toEqual(new Set([benId.userId]))
  expect(lookUps).toBe(2)
})
