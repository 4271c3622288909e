import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { freePort, OperatorError, startRedis } from './index.ts'

/** Redis's inline protocol, so that nothing stands between the test and the server. */
async function ask(port: number, ...commands: string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  socket.write([...commands, 'QUIT', ''].join('\r\n'))
  return (await text(socket)).split('\r\n')
}

test('a killed Redis starts again on its port, empty', async () => {
  const port = await freePort()
  const first = await startRedis({ port })
  expect(await ask(port, 'SET fruit 1', 'GET fruit')).toEqual(expect.arrayContaining(['+OK', '1']))
  first.kill('SIGKILL')
  await first.exited
  const second = await startRedis({ port })
  expect(second.url).toBe(first.url)
  expect(await ask(port, 'DBSIZE')).toContain(':0')
  await second.stop()
  await expect(ask(port, 'PING')).rejects.toThrow('ECONNREFUSED')
})

test('Redis with a password refuses connections without it', async () => {
  const port = await freePort()
  const redis = await startRedis({ port, password: 'open-sesame' })
  expect(redis.url).toBe(`redis://:open-sesame@127.0.0.1:${port}`)
  expect((await ask(port, 'DBSIZE'))[0]).toMatch('-NOAUTH')
  expect(await ask(port, 'AUTH open-sesame', 'DBSIZE')).toContain(':0')
  await redis.stop()
})

test('the error about a taken port says so', async () => {
  const port = await freePort()
  const redis = await startRedis({ port })
  const failure = await startRedis({ port }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(OperatorError)
  expect(String(failure)).toContain(`did not start on port ${port}`)
  await redis.stop()
})
