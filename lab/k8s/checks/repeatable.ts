import { buildAgain, sizeOf, targets } from '@fastchat/tools/images'
import type { Check } from '../check.ts'

const mebibyte = 2 ** 20

export const repeatable: Check = {
  name: 'repeatable',
  title: 'an image that is built twice without a cache is the same, bit by bit',
  async run() {
    const { first, again } = await buildAgain('chat')
    if (first !== again) throw new Error(`chat is ${first}, and then ${again}`)
    const sizes = await Promise.all(targets.map(async (target) => [target, await sizeOf(target)] as const))
    const biggest = Math.max(...sizes.map(([, bytes]) => bytes))
    return { digest: first.replace('sha256:', '').slice(0, 12), 'biggest image MiB': Math.round(biggest / mebibyte) }
  },
}
