import type { FaultCase } from '../fault-case.ts'

export const shortGrace: FaultCase = {
  id: 'F-27',
  title: 'a pod is told to stop and killed before it has stopped',
  async run({ installation, fault, untilAcked, pause, random }) {
    for (const pod of installation.pods) {
      const end = async () => {
        installation.stack.process(pod).kill('SIGTERM')
        await pause(random() * 1_000)
        await installation.kill(pod)
      }
      await fault('short grace', pod, end, () => installation.bringUp(pod))
      await untilAcked(50)
    }
  },
}
