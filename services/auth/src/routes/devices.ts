import { authOperations } from '@fastchat/schema'
import { bearerToken, bind, type Server } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { bytesOf, deviceToWire, listedToWire, readDeviceName } from './wire.ts'

export function bindDevices(
  server: Server,
  { devices, sessions, pushAccount }: Pick<Deps, 'devices' | 'sessions' | 'pushAccount'>,
): void {
  bind(server, authOperations.registerDevice, async ({ actor, body }) => {
    const { userId, passwordNo } = actor
    await devices.expectPassword(userId, passwordNo)
    if (body.ends) {
      const { deviceId } = body.ends
      const statement = bytesOf(body.ends.statement, '/ends/statement')
      // The enrol token names no device, so the revocation counts as requested by the device that
      // it ends.
      await devices.revoke({ userId, deviceId, by: deviceId, statement })
    }
    const device = await devices.register({
      deviceId: body.deviceId,
      userId,
      name: readDeviceName(body.name),
      signatureKey: bytesOf(body.signatureKey, '/signatureKey'),
      credentialSig: bytesOf(body.credentialSig, '/credentialSig'),
      ...(body.kind !== undefined && { kind: body.kind }),
      ...(body.label !== undefined && { label: bytesOf(body.label, '/label') }),
    })
    const tokens = await sessions.open(device, passwordNo)
    pushAccount(userId, 'devices', device.deviceId)
    return { device: deviceToWire(device), tokens }
  })

  bind(server, authOperations.openSession, async ({ actor, params, body, req }) => {
    const device = await devices.findByProof({
      userId: actor.userId,
      deviceId: params.deviceId,
      enrolToken: bearerToken(req),
      proof: bytesOf(body.proof, '/proof'),
    })
    return { device: deviceToWire(device), tokens: await sessions.open(device, actor.passwordNo) }
  })

  bind(server, authOperations.listDevices, async ({ actor }) => ({
    devices: (await devices.list(actor.userId)).map(listedToWire),
  }))

  bind(server, authOperations.nameDevice, async ({ actor, params, body }) => {
    const label = body.label === undefined ? {} : { label: bytesOf(body.label, '/label') }
    const { userId } = actor
    await devices.name({ userId, deviceId: params.deviceId, name: readDeviceName(body.name), ...label })
    pushAccount(userId, 'devices', actor.deviceId)
    return undefined
  })

  bind(server, authOperations.revokeDevice, async ({ actor, params, query }) => {
    const statement = bytesOf(query.statement, '/statement', 'querystring')
    await devices.revoke({ userId: actor.userId, deviceId: params.deviceId, by: actor.deviceId, statement })
    pushAccount(actor.userId, 'devices', actor.deviceId)
    return undefined
  })
}
