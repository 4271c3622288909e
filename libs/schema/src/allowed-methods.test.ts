import { expect, test } from 'vitest'
import { allowedMethods } from './allowed-methods.ts'
import { authOperations } from './auth.ts'
import { chatOperations } from './chat.ts'

const operations = [...Object.values(authOperations), ...Object.values(chatOperations)]
const endpoints = [...operations, { method: 'GET', path: '/ws/:pod?' }]

test.each([
  ['/v1/devices', ['GET', 'HEAD', 'POST']],
  ['/v1/devices/x', ['DELETE']],
  ['/v1/attachments/0195f3a0-7c00-7000-8000-000000000004', ['GET', 'HEAD', 'PUT']],
  ['/v1/users/lookup', ['GET', 'HEAD', 'POST']], // a user may be named lookup
  ['/v1/conversations/x/messages/1', ['GET', 'HEAD']],
  ['/v1/conversations/x/leave', ['POST']],
  ['/ws', ['GET', 'HEAD']],
  ['/ws/chat-0', ['GET', 'HEAD']],
])('%s takes %j', (path, methods) => expect(allowedMethods(path, endpoints)).toEqual(methods))

test.each([
  '',
  '/',
  '/v1',
  '/v1/devices/',
  '/v1/devices/x/y',
  '/v1/users//',
  '/ws/chat-0/x',
  '/v1/conversations/x/messages/1/2',
  '/V1/devices',
])('%j is not a path of the contract', (path) => expect(allowedMethods(path, endpoints)).toEqual([]))
