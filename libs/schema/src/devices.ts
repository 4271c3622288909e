import { type Static, Type } from 'typebox'
import { DeviceNameSchema } from './account.ts'
import { deviceKindPattern, SealedLabelSchema } from './device-label.ts'
import { DeviceIdSchema } from './ids.ts'
import { closed, parameters } from './objects.ts'
import { operation } from './operation.ts'

/** The kinds that this version knows. Clients show other kinds as they are written. */
export const deviceKinds = ['terminal', 'browser', 'desktop', 'phone', 'bot', 'bridge'] as const
export type DeviceKind = (typeof deviceKinds)[number]

/** The name and kind of a device, which the account's devices seal for each other. */
export const DeviceLabelSchema = closed('DeviceLabel', {
  v: Type.Literal(1),
  name: DeviceNameSchema,
  kind: Type.Optional(Type.String({ pattern: deviceKindPattern })),
})
export type DeviceLabel = Static<typeof DeviceLabelSchema>

export const deviceOperations = {
  nameDevice: operation({
    method: 'PUT',
    path: '/v1/devices/:deviceId/name',
    access: 'device',
    summary: 'Name a device of the signed-in user; any device of the account may do it',
    description:
      'The server keeps `name` for its operator and for devices that cannot open the label. Other devices of the account believe the sealed label only: see docs/encodings.md.',
    params: parameters({ deviceId: DeviceIdSchema }),
    body: closed('DeviceNaming', { name: DeviceNameSchema, label: Type.Optional(SealedLabelSchema) }),
    response: { 204: Type.Null() },
    errors: ['not_found'],
  }),
} as const
