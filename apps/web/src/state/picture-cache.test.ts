import type { UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { PictureCache } from './picture-cache.ts'

const ann = { userId: 'ann' as UserId }

test('a picture is fetched once for each of its versions, and again after a failure', async () => {
  let fetched = 0
  let isDown = true
  const cache = new PictureCache(async () => {
    fetched++
    if (isDown) throw new Error('no answer')
    return `blob:${fetched}`
  })
  await expect(cache.get(ann, '1')).rejects.toThrow('no answer')
  isDown = false
  expect(await cache.get(ann, '1')).toBe('blob:2')
  expect(await cache.get(ann, '1')).toBe('blob:2')
  expect(await cache.get(ann, '2')).toBe('blob:3')
})
