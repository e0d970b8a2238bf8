/** Headwater, in the order of a record's life. */
export { t } from './record/type.ts'
export type { TimeUnit, Type, ValueOf } from './record/type.ts'
export type { AnyRecord, RecordOf, Schema } from './record/record.ts'
export type { Key, KeyPart } from './record/key.ts'
export type { EventTime, Watermark } from './record/event-time.ts'

export { source } from './source/declare.ts'
export type { BadRecords, Source, SourceOptions } from './source/source.ts'

export { parquet } from './source/parquet.ts'
export type { ParquetOptions } from './source/parquet.ts'
export type { History, PinnedFile, PositionColumns } from './source/history.ts'

export { fileLog } from './source/file-log/file-log.ts'
export type { FileLog, FileLogOptions } from './source/file-log/file-log.ts'
export { createFileLog } from './source/file-log/create-file-log.ts'
export { openFileLogWriter } from './source/file-log/log-writer.ts'
export { kafka } from './source/kafka/kafka.ts'
export type {
  DecodeMessage,
  FormatName,
  KafkaFormat,
  KafkaMessage,
  KafkaOptions,
} from './source/kafka/kafka.ts'
export type { KafkaClusterOptions, KafkaSasl, KafkaTls } from './kafka/kafka.ts'
export { avro } from './source/kafka/avro.ts'
export type { AvroOptions } from './source/kafka/avro.ts'
export { protobuf } from './source/kafka/protobuf.ts'
export type { ProtobufOptions } from './source/kafka/protobuf.ts'
export type { RegistryOptions } from './source/kafka/schema-registry.ts'
export { openLog } from './source/log-url.ts'
export type { OpenLogOptions } from './source/log-url.ts'
export { Undecodable } from './source/undecodable.ts'
export type { Log, LogBatch, LogDescription, LogPartition, LogReadOptions, LogRecord } from './source/log.ts'
export { archive } from './source/archive/archive.ts'
export type { ArchiveReport, ArchiveRequest } from './source/archive/archive.ts'
export { followArchive } from './source/archive/follow.ts'
export type { FollowProgress, FollowReport, FollowRequest } from './source/archive/follow.ts'

export { aggregating, list, map, reducing, value } from './state/state.ts'
export type {
  AggregatingHandle,
  HandlesOf,
  ListHandle,
  MapHandle,
  ReducingHandle,
  StateDeclaration,
  StateDeclarations,
  ValueHandle,
} from './state/state.ts'
export type { OperatorSpec, Out } from './operator/operator.ts'

export { job } from './job/builder.ts'
export { graphOf, isJob } from './job/brand.ts'
export { graphData, graphDigest } from './job/graph-data.ts'
export { loadJob } from './job/load.ts'
export type { LoadedJob } from './job/load.ts'
export type { JobReference } from './job/job-file.ts'
export type { GraphData } from './job/graph-data.ts'
export type { JobGraph } from './job/graph.ts'
export type {
  Applied,
  HistoryOf,
  Job,
  JobOptions,
  JobStart,
  Keyed,
  LogsOf,
  Pipeline,
  SinksOf,
  Stream,
} from './job/job.ts'

export { bootstrap } from './bootstrap/bootstrap.ts'
export type { BootstrapOptions, Positions } from './bootstrap/bootstrap.ts'
export type { BootstrapProgress, OnBootstrapProgress } from './bootstrap/progress.ts'

export { openSavepoint } from './savepoint/open.ts'
export { pin, readPinned } from './savepoint/pinned.ts'
export type { Pinned } from './savepoint/pinned.ts'
export { savepointOf, stopRun } from './savepoint/requests/ask.ts'
export type { AskedSavepoint, AskOptions, AskProgress } from './savepoint/requests/ask.ts'
export { outputOf } from './savepoint/output.ts'
export { stateDigest } from './savepoint/digest.ts'
export { digest } from './savepoint/digest-report.ts'
export type { DigestOptions, DigestReport, GroupDigest } from './savepoint/digest-report.ts'
export { show } from './savepoint/show.ts'
export type { Shown, ShowOptions } from './savepoint/show.ts'
export { get } from './savepoint/get.ts'
export type { KeyContents, OperatorEntries } from './savepoint/get.ts'
export type { StoredEntry } from './savepoint/stored-entry.ts'
export { verifySavepoint as verify } from './savepoint/verify.ts'
export type { VerifyOptions, VerifyReport } from './savepoint/verify.ts'
export type { Finding } from './savepoint/findings.ts'
export { ls } from './savepoint/ls.ts'
export type { Listed, ListedContents } from './savepoint/ls.ts'
export { compact } from './savepoint/compact.ts'
export type { CompactOptions, CompactReport } from './savepoint/compact.ts'
export { gc } from './savepoint/gc.ts'
export type { GcOptions, GcReport } from './savepoint/gc.ts'
export { scan } from './savepoint/scan-records.ts'
export type { ScanRequest } from './savepoint/scan-records.ts'
export { query } from './savepoint/query/query.ts'
export type { QueryResult, QueryValue } from './savepoint/query/query.ts'
export { diff, isDifferent } from './savepoint/diff/diff.ts'
export type {
  ChangedField,
  ContextDifference,
  Difference,
  DiffOptions,
  KeyChange,
  StateDifference,
} from './savepoint/diff/diff.ts'
export { exportState, exportState as export } from './savepoint/export.ts'
export type { ExportReport, ExportRequest } from './savepoint/export.ts'
export { stateContents } from './savepoint/contents.ts'
export type { KeySize, StateContents } from './savepoint/contents.ts'
export type { Savepoint } from './savepoint/savepoint.ts'
export type { Manifest } from './savepoint/manifest.ts'

export { handoffProof } from './savepoint/proof.ts'
export type { HandoffProof, Join, PartitionProof, SourceProof } from './savepoint/proof.ts'
export type { Accepted } from './savepoint/handoff-facts.ts'
export { lineage } from './savepoint/lineage.ts'
export type { LineageStep } from './savepoint/lineage.ts'
export type { AuditedState, AuditEntry, EntryCount } from './savepoint/manifest.ts'

export { create } from './repair/create.ts'
export type { CreateOptions } from './repair/create.ts'
export { edit } from './repair/edit.ts'
export type { EditChange, EditReport } from './repair/edit.ts'
export type { Edit } from './repair/edits.ts'
export { merge } from './repair/merge.ts'
export type { MergeOptions } from './repair/merge.ts'
export { rewrite } from './repair/rewrite.ts'
export type { RewriteOptions } from './repair/rewrite.ts'
export type { RepairOptions, RepairProgress, RepairReport } from './repair/repair.ts'
export type { Actor } from './repair/actor.ts'
export type { Entry, MapEntry, MergeEntries, RekeyEntry } from './repair/transform.ts'

export { planHandoff } from './handoff/plan.ts'
export type { HandoffRequest } from './handoff/plan.ts'
export { planTable } from './handoff/plan-table.ts'
export { timeCuts } from './handoff/time-cut.ts'
export type { TimeCut } from './handoff/time-cut.ts'
export { sampleLogs, withSamples } from './handoff/log-sample.ts'
export type { FieldMismatch, LogSample } from './handoff/log-sample.ts'
export { checkOverlap } from './handoff/overlap-check/overlap-check.ts'
export type { OverlapCheck, OverlapCheckRequest } from './handoff/overlap-check/overlap-check.ts'
export { HandoffRefused } from './handoff/refuse.ts'
export type { HandoffFlags, HandoffPlan, Refusal, RefusalCode } from './handoff/handoff.ts'

export { run } from './live/run.ts'
export { emptySavepoint } from './live/empty-savepoint.ts'
export type { EmptySavepointOptions } from './live/empty-savepoint.ts'
export type {
  PartitionProgress,
  RunOptions,
  RunProgress,
  RunResult,
  RunWarning,
  SideTask,
  SourceProgress,
} from './live/live.ts'

export { callback } from './sink/callback.ts'
export { ndjson } from './sink/ndjson.ts'
export { ndjsonParts } from './sink/ndjson-parts.ts'
export type { PartOptions } from './sink/ndjson-parts.ts'
export { stdout } from './sink/stdout.ts'
export { kafkaSink } from './sink/kafka/kafka-sink.ts'
export type { KafkaGuarantee, KafkaSinkOptions } from './sink/kafka/kafka-sink.ts'
export type { MessageOptions, MessagePart } from './sink/kafka/message-maker.ts'
export type { OpenSink, Sink, SinkGuarantee, SinkRun, SinkState } from './sink/sink.ts'
export type {
  CommitPointer,
  OpenTransactions,
  TransactionDeclaration,
  TransactionOwner,
  TransactionParts,
  TransactionPlace,
  TransactionSystem,
} from './sink/transaction.ts'
export type { OutHeader, OutMessage } from './record/out-message.ts'

export { HeadwaterError } from './errors.ts'
export type { ErrorKind } from './errors.ts'
