import { eventually } from '@fastchat/testkit'
import { Person } from '@fastchat/tests/person'
import type { Check } from '../check.ts'
import { metricOf } from '../metric.ts'

export const talk: Check = {
  name: 'talk',
  title: 'people sign up and chat through the front door and the router, each on the pod that their URL names',
  async run(world) {
    const { installation, people } = world
    const { url, cluster } = installation
    people.push(
      await Person.signUp(url, 'ann', { pod: installation.podUrl('chat-0') }),
      await Person.signUp(url, 'ben', { pod: installation.podUrl('chat-2') }),
    )
    await eventually(async () => {
      const counts = await Promise.all(
        installation.chatPods.map((name) => metricOf(cluster.pod(name), 'chat_ws_devices')),
      )
      if (counts.join() !== '1,0,1') throw new Error(`${counts.join(', ')} devices on the pods`)
    })
    await world.talk('hello')
    const [ann, ben] = people
    // Cleo connects to the pod that the balancer offers.
    const cleo = await Person.signUp(url, 'cleo')
    const group = await ann!.within(ann!.client.createGroup('Everybody', [ben!.id, cleo.id]), 'a group')
    await ann!.send(group.id, 'to all')
    await Promise.all([ben!.sees('to all'), cleo.sees('to all')])
    await cleo.offline()
    return { people: 3 }
  },
}
