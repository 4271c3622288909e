import { Type } from 'typebox'
import { AttachmentIdSchema } from '../ids.ts'
import { open, parameters } from '../objects.ts'
import { operation } from '../operation.ts'

export const attachmentOperations = {
  putAttachment: operation({
    method: 'PUT',
    path: '/v1/attachments/:attachment',
    access: 'device',
    summary: 'Upload encrypted bytes (application/octet-stream); deleted after 24 h unless a message names them',
    params: parameters({ attachment: AttachmentIdSchema }),
    bytes: 'body',
    response: { 201: open('AttachmentStored', { size: Type.Integer({ minimum: 0 }) }) },
    errors: ['attachment_too_large', 'conflict', 'quota_exceeded'],
  }),
  getAttachment: operation({
    method: 'GET',
    path: '/v1/attachments/:attachment',
    access: 'device',
    summary: 'Get the encrypted bytes, if the device may receive the message that names them',
    params: parameters({ attachment: AttachmentIdSchema }),
    bytes: 'response',
    response: { 200: Type.String({ format: 'binary' }) },
    errors: ['not_found'],
  }),
} as const
