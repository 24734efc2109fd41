import type { SubscribeFrom } from '../bus.ts'
import { earliestOffset, latestOffset, listOffsetsApis, noReplica, readUncommitted } from './broker-apis.ts'
import type { Cluster } from './cluster.ts'
import { BrokerRefusal, throwIfRefused } from './kafka-faults.ts'

/** For each partition of a topic, where a subscriber begins. One attempt; all partitions need a leader. */
export const findPositions = async (
  cluster: Cluster,
  topicName: string,
  from: SubscribeFrom,
): Promise<number[]> => {
  if (from === 'earliest') return listOffsets(cluster, topicName, earliestOffset)
  // First, so that nothing that comes between the two is missed.
  const ends = await listOffsets(cluster, topicName, latestOffset)
  if (from === 'latest') return ends
  const found = await listOffsets(cluster, topicName, BigInt(Math.max(0, Math.ceil(from.sinceMs))))
  // -1: nothing that young is there yet.
  return found.map((offset, partition) => (offset < 0 ? (ends[partition] ?? 0) : offset))
}

/** Of each partition: the first offset at or after `instant` (epoch ms), or one of the named ones. */
const listOffsets = async (cluster: Cluster, topicName: string, instant: bigint): Promise<number[]> => {
  const byLeader = new Map<number, number[]>()
  for (const [partition, leader] of partitionsOf(cluster, topicName).entries()) {
    if (leader === undefined) throw new BrokerRefusal('LEADER_NOT_AVAILABLE', '')
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
  }
  const offsets: number[] = []
  await Promise.all(
    [...byLeader].map(async ([leader, partitions]) => {
      const connection = await cluster.connect(leader, 'control')
      const answer = await connection.request(listOffsetsApis, noReplica, readUncommitted, [
        {
          name: topicName,
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            currentLeaderEpoch: -1,
            timestamp: instant,
          })),
        },
      ])
      for (const topic of answer.topics)
        for (const { partitionIndex, errorCode, offset } of topic.partitions) {
          throwIfRefused(errorCode, '')
          offsets[partitionIndex] = Number(offset)
        }
    }),
  )
  return offsets
}

/** Of each partition its leader. */
export const partitionsOf = (cluster: Cluster, topicName: string): (number | undefined)[] => {
  const layout = cluster.layoutOf(topicName)
  throwIfAbsent(layout?.refusal)
  return layout?.leaders ?? []
}

const throwIfAbsent = (refusal: string | undefined): void => {
  if (refusal !== undefined) throw new BrokerRefusal(refusal, '')
}
