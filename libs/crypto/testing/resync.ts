/** For `engine-defects.test.ts`, as a process of its own: a resync that never returns leaves no turn to whoever would end it. */
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
