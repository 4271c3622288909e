/** Runs a service for `run-service.test.ts`. TROUBLE says which failure to cause. */
import { runService } from '../src/run-service.ts'

await runService('fixture', async ({ env, log, life }) => {
  life.own('first', () => log.info('first closed'))
  life.own('second', () => log.info('second closed'))
  if (env.TROUBLE === 'start') throw new Error('canary')
  const fail = () => {
    const error = Object.assign(new Error('canary'), { code: 'EBROKEN' })
    if (env.TROUBLE === 'exception') throw error
    if (env.TROUBLE === 'rejection') void Promise.reject(error)
  }
  setTimeout(fail, 1)
  life.own(
    setInterval(() => undefined, 60_000),
    clearInterval,
  )
  log.info('ready')
})
