/**
 * Runs a resync for `engine-defects.test.ts` in a separate process. An endless resync blocks its
 * event loop, so only another process can end it.
 */
import { joinGroupExternal } from 'ts-mls'
import { cipherSuite, engineConfig } from '../src/mls/engine.ts'
import { createOwnLeaf } from '../src/mls/key-package.ts'
import { decodeGroupInfoMessage, devicesOf, groupOfDevices } from './forge.ts'
import { createDevice, createPerson } from './people.ts'

const alice = createPerson()
const { groupInfo } = await groupOfDevices(devicesOf(alice, 2))
const { publicPackage, privatePackage } = await createOwnLeaf(createDevice(alice))
const info = decodeGroupInfoMessage(groupInfo)
const suite = await cipherSuite
await joinGroupExternal(info, publicPackage, privatePackage, true, suite, undefined, engineConfig).then(
  () => console.log('joined'),
  (error: Error) => console.log(error.message),
)
