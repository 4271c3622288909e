import { type Static, Type } from 'typebox'
import { closed, open } from '../objects.ts'
import { operation } from '../operation.ts'

/** Endpoints of push services have about 200 characters. */
const maxPushEndpointLength = 1024

const PushEndpointSchema = Type.String({
  maxLength: maxPushEndpointLength,
  pattern: '^https://[\\x21-\\x7e]+$',
  description: 'The address that the browser’s push service gave to this device',
  examples: ['https://updates.push.services.mozilla.com/wpush/v2/gAAAAABexample'],
})

export const PushStateSchema = open('PushState', {
  publicKey: Type.Optional(
    Type.String({
      maxLength: 100,
      examples: ['BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE'],
      description: 'The key that the server proves itself with (VAPID, RFC 8292). Absent: this server sends no pushes',
    }),
  ),
  endpoint: Type.Optional(PushEndpointSchema),
})
export type PushState = Static<typeof PushStateSchema>

export const webPushOperations = {
  getPush: operation({
    method: 'GET',
    path: '/v1/push',
    access: 'device',
    summary: 'Tell whether the server wakes this device by Web Push, and with which key',
    response: { 200: PushStateSchema },
  }),
  putPush: operation({
    method: 'PUT',
    path: '/v1/push',
    access: 'device',
    summary: 'Wake this device by Web Push (RFC 8030) when it has not fetched a message for a while',
    description:
      'A push has no content. A device has one endpoint; another one replaces it. It ends with the session, with the device, and when the push service no longer knows it.',
    body: closed('PutPush', { endpoint: PushEndpointSchema }),
    response: { 204: Type.Null() },
    errors: ['push_off', 'push_refused'],
  }),
  deletePush: operation({
    method: 'DELETE',
    path: '/v1/push',
    access: 'device',
    summary: 'Wake this device no longer',
    response: { 204: Type.Null() },
  }),
} as const
