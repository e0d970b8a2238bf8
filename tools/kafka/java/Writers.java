import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Producers: plain ones, kept by their settings, and transactional ones, kept by a name that the caller gives. */
final class Writers {
  private final String address;
  private final Admin admin;
  private final Map<String, KafkaProducer<byte[], byte[]>> plain = new ConcurrentHashMap<>();
  private final Map<String, KafkaProducer<byte[], byte[]>> transactional = new ConcurrentHashMap<>();

  Writers(String address, Admin admin) {
    this.address = address;
    this.admin = admin;
  }

  void offer(Map<String, Helper.Operation> operations) {
    operations.put("produce", args -> send(plain(args.path("client")), args));
    operations.put("open-transactional", args -> open(args));
    operations.put("begin", args -> {
      named(args).beginTransaction();
      return NullNode.instance;
    });
    operations.put("send", args -> send(named(args), args));
    operations.put("commit", args -> {
      named(args).commitTransaction();
      EndingTransactions.await(admin);
      return NullNode.instance;
    });
    operations.put("abort", args -> {
      named(args).abortTransaction();
      EndingTransactions.await(admin);
      return NullNode.instance;
    });
    operations.put("forget", args -> {
      KafkaProducer<byte[], byte[]> producer = transactional.remove(args.get("producer").asText());
      if (producer != null) producer.close(Duration.ZERO); // at once, which leaves an open transaction open
      return NullNode.instance;
    });
    operations.put("close-plain", args -> {
      plain.values().removeIf(producer -> {
        producer.close(Duration.ZERO);
        return true;
      });
      return NullNode.instance;
    });
  }

  private KafkaProducer<byte[], byte[]> plain(JsonNode client) {
    return plain.computeIfAbsent(client.toString(), settings -> producer(client));
  }

  private JsonNode open(JsonNode args) {
    KafkaProducer<byte[], byte[]> producer = producer(args.path("client"));
    producer.initTransactions();
    transactional.put(args.get("producer").asText(), producer);
    return NullNode.instance;
  }

  private KafkaProducer<byte[], byte[]> named(JsonNode args) {
    KafkaProducer<byte[], byte[]> producer = transactional.get(args.get("producer").asText());
    if (producer == null) throw new IllegalStateException("no producer " + args.get("producer"));
    return producer;
  }

  private KafkaProducer<byte[], byte[]> producer(JsonNode client) {
    Map<String, Object> settings = Helper.client(address, client);
    settings.putIfAbsent("linger.ms", "5");
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Answers when the broker has them all: by record its partition, offset and time. */
  private static JsonNode send(KafkaProducer<byte[], byte[]> producer, JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (JsonNode record : args.get("records")) sent.add(producer.send(record(topic, record)));
    producer.flush();
    ArrayNode written = Helper.json.createArrayNode();
    for (Future<RecordMetadata> each : sent) {
      RecordMetadata at = each.get();
      written.addObject().put("partition", at.partition()).put("offset", at.offset()).put("time", at.timestamp());
    }
    return written;
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, JsonNode record) throws Exception {
    Integer partition = record.hasNonNull("partition") ? (Integer) record.get("partition").asInt() : null;
    Long time = record.hasNonNull("time") ? (Long) record.get("time").asLong() : null;
    ProducerRecord<byte[], byte[]> made =
        new ProducerRecord<>(topic, partition, time, bytes(record.path("key")), bytes(record.path("value")));
    Headers headers = made.headers();
    for (JsonNode header : record.path("headers")) headers.add(header.get(0).asText(), bytes(header.get(1)));
    return made;
  }

  /** base64; null when there is nothing. */
  private static byte[] bytes(JsonNode base64) throws Exception {
    return base64.isMissingNode() || base64.isNull() ? null : base64.binaryValue();
  }
}
