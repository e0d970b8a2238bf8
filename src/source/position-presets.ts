/**
 * Where the archives of other tools carry log positions. Sources, all public:
 *
 * | preset          | what writes it                          | where                                                              |
 * |-----------------|-----------------------------------------|--------------------------------------------------------------------|
 * | `headwater`     | `headwater archive`                     | columns `_partition`, `_offset`, `_time`                           |
 * | `iceberg`       | Iceberg's Kafka Connect sink with its   | columns `_kafka_metadata_partition`, `…_offset`, `…_timestamp`     |
 * |                 | `KafkaMetadataTransform`, not nested    | (milliseconds as a whole number), `…_topic`: apache/iceberg, kafka-connect-transforms, KafkaMetadataTransform.java |
 * | `flink`         | Flink SQL from a Kafka table whose      | columns `partition`, `offset`, `timestamp`, `topic`: Flink's        |
 * |                 | metadata columns keep their names       | documentation of the Kafka SQL connector, "Available Metadata"     |
 * | `kafka-connect` | Confluent's S3 and HDFS sinks           | file names `TOPIC+PARTITION+FIRST.parquet` (S3) and `TOPIC+PARTITION+FIRST+LAST.parquet` (HDFS): |
 * |                 |                                         | docs.confluent.io, "Amazon S3 Sink Connector", "HDFS 3 Sink Connector" |
 *
 * Both may write several topics into one table: where the topic is there, all rows must be of one. Of an Iceberg table all data files may
 * be read, also those that a compaction or a failed commit left: a position that is there twice counts once. Flink writes times as
 * they are in its own time zone unless its Parquet format has `utc-timezone`.
 *
 * Kafka Connect's `InsertField` transform (`offset.field`, `partition.field`, `timestamp.field`, `topic.field`) has no names of its own: its
 * columns are given by name.
 */
import { invalid } from '../errors.ts'
import { archivePositionColumns, type PositionColumns } from './history.ts'

/** A preset whose positions are in columns. */
export type ColumnPreset = 'headwater' | 'iceberg' | 'flink'

/** A preset's name. */
export type PositionPreset = ColumnPreset | 'kafka-connect'

/** Their columns; times are read where the files have them. */
export const presetColumns: Readonly<Record<ColumnPreset, PositionColumns>> = {
  headwater: archivePositionColumns,
  iceberg: {
    partition: '_kafka_metadata_partition',
    offset: '_kafka_metadata_offset',
    time: '_kafka_metadata_timestamp',
    topic: '_kafka_metadata_topic',
  },
  flink: { partition: 'partition', offset: 'offset', time: 'timestamp', topic: 'topic' },
}

/** All of them. */
export const positionPresets: readonly PositionPreset[] = ['headwater', 'iceberg', 'flink', 'kafka-connect']

/** Presets whose columns no other tool would name so: they are found without being named. */
export const detectedPresets: readonly ColumnPreset[] = ['headwater', 'iceberg']

/** Whether that is a preset. */
export function isPreset(text: unknown): text is PositionPreset {
  return positionPresets.some(name => name === text)
}

/**
 * As people write it: a preset, or `partition=COLUMN,offset=COLUMN` with `,time=COLUMN` and `,topic=COLUMN` where there is one. Errors: `invalid`
 * `bad-positions-from`.
 */
export function positionsFromText(text: string): PositionPreset | PositionColumns {
  if (isPreset(text)) return text
  const parts = new Map(text.split(',').map(each => each.split('=', 2) as [string, string | undefined]))
  const known = ['partition', 'offset', 'time', 'topic']
  const [partition, offset, time, topic] = known.map(name => parts.get(name))
  const isWhole = [...parts.keys()].every(name => known.includes(name))
  if (isWhole && partition && offset)
    return { partition, offset, ...(time && { time }), ...(topic && { topic }) }
  throw invalid({
    code: 'bad-positions-from',
    thing: `positions from '${text}'`,
    expected: `${positionPresets.join(', ')}, or partition=COLUMN,offset=COLUMN[,time=COLUMN][,topic=COLUMN]`,
    remedy: 'name the preset of the tool that wrote the files, or their columns',
  })
}

/** The same back. */
export function positionsText(position: PositionPreset | PositionColumns): string {
  if (typeof position === 'string') return position
  const { partition, offset, time, topic } = position
  const named = { partition, offset, time, topic }
  return Object.entries(named)
    .flatMap(([name, column]) => (column === undefined ? [] : [`${name}=${column}`]))
    .join(',')
}
