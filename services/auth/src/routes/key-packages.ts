import { authOperations, toBase64Url } from '@fastchat/schema'
import { bind, type Server } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { bytesOf, userToWire } from './wire.ts'

export function bindKeyPackages(server: Server, { keyPackages }: Pick<Deps, 'keyPackages'>): void {
  bind(server, authOperations.uploadKeyPackages, async ({ actor, body }) => ({
    count: await keyPackages.upload(actor, {
      oneTime: body.keyPackages.map((text, index) => bytesOf(text, `/keyPackages/${index}`)),
      lastResort: body.lastResort === undefined ? undefined : bytesOf(body.lastResort, '/lastResort'),
    }),
  }))

  bind(server, authOperations.countKeyPackages, ({ actor }) => keyPackages.stock(actor.deviceId))

  bind(server, authOperations.claimKeyPackages, async ({ actor, body }) => {
    const { user, claimed } = await keyPackages.claim(actor, body.userId)
    return {
      user: userToWire(user),
      keyPackages: claimed.flatMap(({ deviceId, body: bytes, lastResort }) =>
        bytes === undefined ? [] : [{ deviceId, keyPackage: toBase64Url(bytes), lastResort }],
      ),
      missing: claimed.filter((it) => it.body === undefined).map((it) => it.deviceId),
    }
  })
}
