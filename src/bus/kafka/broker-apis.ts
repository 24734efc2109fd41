import {
  type Connection,
  createTopicsV4,
  createTopicsV5,
  createTopicsV7,
  deleteRecordsV1,
  deleteRecordsV2,
  fetchV11,
  fetchV12,
  fetchV13,
  listOffsetsV4,
  listOffsetsV6,
  listOffsetsV7,
  metadataV8,
  metadataV9,
  metadataV12,
  produceV7,
  produceV8,
  produceV9,
  produceV11,
} from '@platformatic/kafka'

/** A request in one version. */
export interface BrokerApi<A extends unknown[], R> {
  readonly key: number
  readonly version: number
  readonly async: (connection: Connection, ...args: A) => Promise<R>
}

/*
 * The requests that we make, each in the versions that we make it in, newest first. Kafka since 2.4 (2019) knows at
 * least one of each.
 */

/** topics, create them, say what we may do with them */
export const metadataApis: readonly BrokerApi<
  [topics: string[], create: boolean, operations: boolean],
  metadataV12.MetadataResponse
>[] = [metadataV12.api, metadataV9.api, metadataV8.api]

export const createTopicsApis: readonly BrokerApi<
  [topics: createTopicsV7.CreateTopicsRequestTopic[], timeoutMs: number, dryRun: boolean],
  { topics: { name: string; errorCode: number; errorMessage?: string | null | undefined }[] }
>[] = [createTopicsV7.api, createTopicsV5.api, createTopicsV4.api]

export const produceApis: readonly BrokerApi<
  [acks: number, timeoutMs: number, messages: ProducedRecord[]],
  boolean | ProduceAnswer
>[] = [produceV11.api, produceV9.api, produceV8.api, produceV7.api]

export interface ProducedRecord {
  topic: string
  partition: number
  key: Buffer
  value: Buffer
  timestamp: bigint
}

export interface ProduceAnswer {
  responses: { partitionResponses: { errorCode: number; errorMessage?: string | null | undefined }[] }[]
}

export const listOffsetsApis: readonly BrokerApi<
  [replica: number, isolation: number, topics: listOffsetsV7.ListOffsetsRequestTopic[]],
  listOffsetsV7.ListOffsetsResponse
>[] = [listOffsetsV7.api, listOffsetsV6.api, listOffsetsV4.api]

export const deleteRecordsApis: readonly BrokerApi<
  [topics: deleteRecordsV2.DeleteRecordsRequestTopics[], timeoutMs: number],
  deleteRecordsV2.DeleteRecordsResponse
>[] = [deleteRecordsV2.api, deleteRecordsV1.api]

type FetchApi = BrokerApi<
  [
    maxWaitMs: number,
    minBytes: number,
    maxBytes: number,
    isolation: number,
    session: number,
    sessionEpoch: number,
    topics: fetchV13.FetchRequestTopic[],
    forgotten: [],
    rack: string,
  ],
  fetchV13.FetchResponse
>

/** Names topics by their id, so that one that was deleted and made anew is not taken for the old one. */
export const fetchByIdApis: readonly FetchApi[] = [fetchV13.api]
export const fetchByNameApis: readonly FetchApi[] = [fetchV12.api, fetchV11.api]

export type FetchedPartition = fetchV13.FetchResponsePartition

/** For ListOffsets instead of an instant. */
export const latestOffset = -1n
export const earliestOffset = -2n

/** For Fetch, ListOffsets: no replica; what a transaction has not committed is seen too; no fetch session. */
export const noReplica = -1
export const readUncommitted = 0
export const noSession = { id: 0, epoch: -1 }

/** For Produce: all replicas that are in step have it. */
export const acksOfAll = -1
