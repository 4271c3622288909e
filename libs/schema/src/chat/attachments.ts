import { Type } from 'typebox'
import { AttachmentIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { open, parameters } from '../objects.ts'
import { operation } from '../operation.ts'

const SizeSchema = Type.Integer({ minimum: 0, maximum: limits.maxAttachmentBytes })

export const attachmentOperations = {
  putAttachment: operation({
    method: 'PUT',
    path: '/v1/attachments/:attachment',
    access: 'device',
    summary: 'Upload encrypted bytes (application/octet-stream); deleted after 24 h unless a message names them',
    description:
      'With `offset` and `size` the body is one part of an upload of `size` bytes. Parts come in order and begin at multiples of 256 KiB; each but the last is a multiple of that. A part that is stored already changes nothing; with other bytes it is a `conflict`. A part that would leave a gap is an `upload_gap`. A broken part keeps its whole steps. Without `offset` the body is the whole file, which replaces an earlier one.',
    params: parameters({ attachment: AttachmentIdSchema }),
    query: parameters({
      offset: Type.Optional(SizeSchema),
      size: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxAttachmentBytes })),
    }),
    bytes: 'body',
    response: {
      201: open('AttachmentStored', {
        size: Type.Integer({ minimum: 0, description: 'Bytes stored so far' }),
      }),
    },
    errors: ['attachment_too_large', 'conflict', 'quota_exceeded', 'upload_gap'],
  }),
  getUpload: operation({
    method: 'GET',
    path: '/v1/attachments/:attachment/upload',
    access: 'device',
    summary: 'Tell how far an upload in parts of this device has got, until a message names it',
    params: parameters({ attachment: AttachmentIdSchema }),
    response: {
      200: open('Upload', {
        received: Type.Integer({ minimum: 0, description: 'Bytes stored so far, from the first on' }),
        size: Type.Integer({ minimum: 0, description: 'Bytes that it will have' }),
      }),
    },
    errors: ['not_found'],
  }),
  getAttachment: operation({
    method: 'GET',
    path: '/v1/attachments/:attachment',
    access: 'device',
    summary: 'Get the encrypted bytes, if the device may receive the message that names them',
    description: 'With `offset` only the bytes from there on, for a download that broke off.',
    params: parameters({ attachment: AttachmentIdSchema }),
    query: parameters({ offset: Type.Optional(SizeSchema) }),
    bytes: 'response',
    response: { 200: Type.String({ format: 'binary' }) },
    errors: ['not_found'],
  }),
} as const
