import { expect, test } from 'vitest'
import { parseRedisUrl, redisUrlPattern } from './redis-url.ts'

test.each([
  ['redis://localhost', { isCluster: false, hasTls: false, addresses: [{ host: 'localhost', port: 6379 }] }],
  [
    'rediss://fc:a%40b%2F@redis.internal:6380/2',
    {
      isCluster: false,
      hasTls: true,
      addresses: [{ host: 'redis.internal', port: 6380 }],
      username: 'fc',
      password: 'a@b/',
      db: 2,
    },
  ],
  [
    'redis://:secret@[::1]:7000/',
    { isCluster: false, hasTls: false, addresses: [{ host: '::1', port: 7000 }], password: 'secret' },
  ],
  [
    'rediss+cluster://fc:secret@a:7000,b:7001,c/',
    {
      isCluster: true,
      hasTls: true,
      addresses: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
        { host: 'c', port: 6379 },
      ],
      username: 'fc',
      password: 'secret',
    },
  ],
  [
    'rediss+sentinel://fc:secret@s1,s2:7001/fast-chat?sentinelUser=watch&sentinelPassword=a%40b&db=3',
    {
      isCluster: false,
      hasTls: true,
      addresses: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 7001 },
      ],
      username: 'fc',
      password: 'secret',
      db: 3,
      sentinel: { master: 'fast-chat', username: 'watch', password: 'a@b' },
    },
  ],
])('%s is parsed', (url, expected) => {
  expect(url).toMatch(new RegExp(redisUrlPattern))
  expect(parseRedisUrl(url)).toEqual(expected)
})

test.each([
  ['http://localhost', 'is not redis[s]://'],
  ['redis://', 'is not redis[s]://'],
  ['redis://host?cluster=true', 'is not redis[s]://'],
  ['redis://hidden@a,b', 'redis+cluster://'],
  ['redis+cluster://a:7000,,b', 'host:port'],
  ['redis+cluster://a:7000,b:70000', 'port out of range'],
  ['redis+cluster://a/1', 'database 0'],
  ['redis+cluster://a/x', 'is not redis[s]://'],
  ['redis+sentinel://a,b', 'master name'],
  ['redis+sentinel://a/m?rejectUnauthorized=false', 'takes only sentinelUser'],
  ['redis+sentinel://a/m?db=hidden', 'db is not a number'],
  ['redis://u:hidden%zz@a', 'percent-encoded'],
  ['redis://u:hid/den@a', 'percent-encoded'],
  ['redis://u:12/hidden@a', 'percent-encoded'],
  ['redis://u:hid#den@a', 'percent-encoded'],
  ['redis://u:hid?den@a', 'percent-encoded'],
  ['redis://u:hid@den@a', 'percent-encoded'],
])('%s is rejected, and the error does not quote it', (url, words) => {
  const refuse = () => parseRedisUrl(url)
  expect(refuse).toThrow(TypeError)
  expect(refuse).toThrow(words)
  expect(refuse).not.toThrow('hidden')
})
