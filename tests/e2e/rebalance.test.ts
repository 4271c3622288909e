import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

/** The fastest rebalancing, also for a handful of connections. */
const podEnv = { REBALANCE_PERCENT_PER_MINUTE: '100', REBALANCE_MIN_CONNECTIONS: '2', REBALANCE_AFTER_SECONDS: '1' }
const names = ['ana', 'ben', 'cleo', 'dora', 'eve', 'fred', 'gil', 'hana', 'ian', 'joy', 'kim', 'leo']

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ pods: 3, podEnv })
  await stack.end('chat-2')
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms).toEqual([]))

const gauge = async (pod: string, name: string): Promise<number> => {
  const metrics = await (await fetch(`${stack.admin(pod)}/metrics`)).text()
  return Number(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(metrics)?.[1])
}

test('when a third pod is added to two full ones, some clients move there once, and no message is lost', async () => {
  const people: Person[] = []
  for (const name of names) people.push(await Person.signUp(stack.url, name))
  const [admin] = people
  const group = (
    await admin!.client.createGroup(
      'Moving',
      people.slice(1).map(({ id }) => id),
    )
  ).id
  for (const one of people) {
    await eventually(() => expect(one.client.conversation(group).record.status).toBe('active'))
  }
  const devices = (pods: readonly string[]) => Promise.all(pods.map((pod) => gauge(pod, 'chat_ws_devices')))
  expect(await devices(['chat-0', 'chat-1'])).toEqual([6, 6])
  const podsOf = people.map((one) => [podOf(one)])
  for (const [at, one] of people.entries()) {
    one.client.on('connection', (state) => {
      if (state.state === 'online') podsOf[at]!.push(state.pod)
    })
  }

  await stack.bringUp('chat-2')
  const said: string[] = []
  const talk = async () => {
    for (const one of people) {
      const text = `${one.name} ${said.length}`
      await one.send(group, text)
      said.push(text)
    }
  }
  await eventually(
    async () => {
      await talk()
      // How far below that it gets depends on the time at which each pod learns of the others.
      expect(Math.max(...(await devices(stack.podNames)))).toBeLessThanOrEqual(1.3 * 4)
    },
    { timeoutMs: 90_000 },
  )
  await talk()
  for (const one of people) await one.sees(said.at(-1)!)
  for (const one of people) expect(one.texts(group)).toEqual(said)

  const shed = async () => {
    const [first = 0, second = 0, third] = await Promise.all(
      stack.podNames.map((pod) => gauge(pod, 'chat_ws_shed_total')),
    )
    expect(third).toBe(0)
    return first + second
  }
  const moved = () => podsOf.filter((pods) => pods.length > 1)
  await eventually(async () => expect(moved()).toHaveLength(await shed()))
  expect(moved().length).toBeGreaterThanOrEqual(2)
  for (const pods of moved()) expect(pods).toEqual([expect.stringMatching(/^chat-[01]$/), 'chat-2'])
  for (const { client } of people) expect(client.counters.undecryptable).toBe(0)
  await Promise.all(people.map((one) => one.offline()))
})

const podOf = ({ client: { state } }: Person): string => (state.state === 'online' ? state.pod : state.state)
