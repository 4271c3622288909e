import { type SeedDevice, seedConversations, seedDevices, seededSeq, seedGroup } from '@fastchat/tests/seed'
import { type BenchStack, startBenchStack } from '../bench-stack.ts'
import type { FastChatPairPlan } from '../driver/calls.ts'
import { opaqueEnvelope } from '../envelope.ts'
import type { StartOptions, System } from './system.ts'

export type FastChat = Omit<System, 'pairs'> & { pairs(count: number): Promise<readonly FastChatPairPlan[]> }

/**
 * Starts the product with every check and every limit except those that the report names. Every
 * message is committed before it is acked.
 */
export async function startFastChat(options: StartOptions): Promise<FastChat> {
  return fastChatOn(await startBenchStack(options.nodes, options.env), options)
}

export function fastChatOn(bench: BenchStack, { nodes, conversations }: StartOptions): FastChat {
  const { stack, query, servers, tokens } = bench
  const urlOf = (n: number) => stack.pod(n % nodes)
  return {
    name: 'ours',
    servers,
    nodes: Array.from({ length: nodes }, (_, n) => `chat-${n}`),
    async pairs(count) {
      const senders = await seedDevices(query, count)
      const receivers = await seedDevices(query, count)
      const between = senders.map((sender, n) => [sender, receivers[n]!] as const)
      const ids = await seedConversations(
        query,
        between.map((both) => ({ kind: 'direct', between: both })),
      )
      const [sending, receiving] = await Promise.all([tokens(senders), tokens(receivers)])
      // With two pods, all senders are on the first. With more, every pod has senders, and their
      // receivers are on the next pod.
      const senderPod = (n: number) => (nodes > 2 ? n : 0)
      return ids.map((conversation, n) => ({
        conversation,
        lastSeq: seededSeq,
        sender: { url: urlOf(senderPod(n)), token: sending[n]!, deviceId: senders[n]!.deviceId },
        receiver: { url: urlOf(senderPod(n) + 1), token: receiving[n]! },
        envelope: opaqueEnvelope(conversation).toString('base64url'),
      }))
    },
    async group(count, senders) {
      const devices = await seedDevices(query, count)
      const conversation = await seedGroup(query, devices)
      const signed = await tokens(devices)
      const members = devices.map(({ deviceId }, n) => ({ url: urlOf(n), token: signed[n]!, deviceId }))
      return { conversation, members, senders, envelope: opaqueEnvelope(conversation).toString('base64url') }
    },
    async idle(count) {
      const [silent, ...devices] = await seedDevices(query, count + 1)
      const members = devices.flatMap((device) => Array<SeedDevice>(conversations).fill(device))
      await seedConversations(
        query,
        members.map((device) => ({ kind: 'group', between: [device, silent!] })),
      )
      return (await tokens(devices)).map((token) => ({ url: urlOf(0), token }))
    },
    /**
     * Checks that the log has as many messages as were acked, and no others. The driver has checked
     * that each was acked and delivered once and in order.
     */
    async checkStored(messages) {
      const [row] = await query(
        `select (select count(*) from message)::int as stored, (select sum(last_seq - ${seededSeq}) from conversation)::int as numbered`,
        [],
      )
      if (row?.stored !== messages || row.numbered !== messages)
        throw new Error(`${messages} were acked, but ${JSON.stringify(row)}`)
    },
    stop: () => stack.stop(),
  }
}
