import { describe, expect, test } from 'vitest'
import { authOperations } from './auth.ts'
import { balancerOperations } from './balancer.ts'
import { chatOperations } from './chat.ts'
import type { Operation } from './operation.ts'
import { type ServiceName, serviceOf } from './routes.ts'

const operations: Readonly<Record<ServiceName, Readonly<Record<string, Operation>>>> = {
  auth: authOperations,
  balancer: balancerOperations,
  chat: chatOperations,
}
const routed = Object.entries(operations).flatMap(([service, ofService]) =>
  Object.values(ofService).map(({ method, path }) => ({ service, method, path })),
)

describe('routes', () => {
  test.each(routed)('$method $path goes to $service', ({ path, service }) => expect(serviceOf(path)).toBe(service))

  test('no two operations share a method and a path', () => {
    const places = routed.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`)
    expect(new Set(places).size).toBe(places.length)
  })

  test('/ws and paths below it go to chat', () => {
    expect(serviceOf('/ws')).toBe('chat')
    expect(serviceOf('/ws/')).toBe('chat')
  })

  test('a prefix ends at a slash', () => {
    expect(serviceOf('/v1/pod')).toBe('balancer')
    expect(serviceOf('/v1/podium')).toBeUndefined()
    expect(serviceOf('/v1/usersx')).toBeUndefined()
  })

  test('the longest prefix wins, in any order of the table', () => {
    const table = [
      { prefix: '/v1', service: 'auth' },
      { prefix: '/v1/attachments/large', service: 'balancer' },
      { prefix: '/v1/attachments', service: 'chat' },
    ] as const
    expect(serviceOf('/v1/attachments/large/1', table)).toBe('balancer')
    expect(serviceOf('/v1/attachments/1', table)).toBe('chat')
    expect(serviceOf('/v1/else', table)).toBe('auth')
  })

  test.each(['/', '', '/v1', '/metrics', '/readyz', '/livez', '/V1/users', '//v1/users'])(
    '%j belongs to no service: there is no default route',
    (path) => expect(serviceOf(path)).toBeUndefined(),
  )
})
