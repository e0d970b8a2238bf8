import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What the Java client reads: the judge of what is in a topic. */
final class Readers {
  private final String address;
  private final Admin admin;
  /** By their settings: making one takes most of a second. */
  private final Map<String, KafkaConsumer<byte[], byte[]>> consumers = new ConcurrentHashMap<>();

  Readers(String address, Admin admin) {
    this.address = address;
    this.admin = admin;
  }

  void offer(Map<String, Helper.Operation> operations) {
    operations.put("read", args -> read(args));
  }

  /** Records of one partition from `from` to before `until`, or to the end that its isolation sees now. */
  private JsonNode read(JsonNode args) throws Exception {
    EndingTransactions.await(admin);
    TopicPartition partition = new TopicPartition(args.get("topic").asText(), args.get("partition").asInt());
    KafkaConsumer<byte[], byte[]> consumer =
        consumers.computeIfAbsent(args.path("client").toString(), settings -> consumer(args.path("client")));
    synchronized (consumer) {
      try {
        return read(consumer, partition, args);
      } finally {
        consumer.unsubscribe();
      }
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer(JsonNode client) {
    Map<String, Object> settings = Helper.client(address, client);
    settings.putIfAbsent("isolation.level", "read_committed");
    settings.put("auto.offset.reset", "none");
    settings.put("enable.auto.commit", "false");
    settings.put("metadata.max.age.ms", "1000"); // topics are made again
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static ArrayNode read(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, JsonNode args) {
    ArrayNode records = Helper.json.createArrayNode();
    consumer.assign(List.of(partition));
    consumer.seek(partition, args.get("from").asLong());
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    long until = args.hasNonNull("until") ? args.get("until").asLong() : end;
    while (consumer.position(partition) < until)
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200)))
        if (record.offset() < until) records.add(described(record));
    return records;
  }

  private static ObjectNode described(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode described = Helper.json.createObjectNode()
        .put("offset", record.offset())
        .put("time", record.timestamp())
        .put("timeType", record.timestampType().toString())
        .put("key", record.key())
        .put("value", record.value());
    ArrayNode headers = described.putArray("headers");
    for (Header header : record.headers()) headers.addArray().add(header.key()).add(header.value());
    return described;
  }
}
