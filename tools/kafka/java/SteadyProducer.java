import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One of them. Each transaction also writes its number to a partition of the marks: where it is not known whether a
 * transaction was committed, its successor (which ends it, one way or the other) looks for its mark.
 */
final class SteadyProducer extends Thread {
  private static final long aborted = 1_000_000_000;

  private final String address;
  private final String topic;
  private final TopicPartition marks;
  private final int index;
  private final int producers;
  private final int keys;
  private final double perSecond;
  private final boolean isTransactional;
  private final Random random;
  private final long[] numbers;
  private final long[] sums;
  private final Map<String, Long> happened = new TreeMap<>();
  private KafkaProducer<byte[], byte[]> producer;
  private long transaction;
  private double dueNanos;
  private volatile boolean isFinishing;
  private volatile Throwable failure;

  SteadyProducer(String address, JsonNode args, int index, boolean isTransactional, Random random) {
    super("steady-" + index);
    setDaemon(true);
    this.address = address;
    this.topic = args.get("topic").asText();
    this.marks = new TopicPartition(args.get("marks").asText(), index);
    this.index = index;
    this.producers = args.get("producers").asInt();
    this.keys = args.get("keys").asInt();
    this.perSecond = args.get("perSecond").asDouble() / producers;
    this.isTransactional = isTransactional;
    this.random = random;
    this.numbers = new long[keys];
    this.sums = new long[keys];
  }

  void finish() {
    isFinishing = true;
  }

  Throwable failure() {
    return failure;
  }

  Map<String, Long> happened() {
    return happened;
  }

  /** [key, messages, sum] of each key that has any. */
  void account(ArrayNode account) {
    for (int key = index; key < keys; key += producers)
      if (numbers[key] > 0) account.addArray().add(name(key)).add(numbers[key]).add(sums[key]);
  }

  @Override
  public void run() {
    try {
      producer = opened();
      dueNanos = System.nanoTime();
      while (!isFinishing) {
        if (isTransactional) transaction();
        else plain();
      }
      producer.flush();
      producer.close();
    } catch (Throwable thrown) {
      failure = thrown;
    }
  }

  private void plain() throws Exception {
    for (int each = 0; each < 50; each++) {
      int key = anyKey();
      long amount = 1 + random.nextInt(1000);
      numbers[key]++;
      sums[key] += amount;
      producer.send(record(key, numbers[key], amount), (at, thrown) -> {
        if (thrown != null) failure = thrown; // it retries for ever: this can't be mended
      });
      count("plain messages", 1);
      pace();
    }
    if (failure != null) throw new IllegalStateException(failure);
  }

  private void transaction() throws Exception {
    transaction++;
    Map<Integer, long[]> changes = new HashMap<>();
    int chance = random.nextInt(100);
    boolean isCommit = chance < 80;
    try {
      fill(changes, isCommit);
      if (isCommit) producer.commitTransaction();
      else if (chance < 95) producer.abortTransaction();
      else succeed();
      count(isCommit ? "commits" : chance < 95 ? "aborts" : "left open", 1);
      if (isCommit) keep(changes);
    } catch (Exception unsure) {
      succeed();
      boolean wasCommitted = isCommit && lastMark() == transaction;
      count(wasCommitted ? "commits that were in doubt" : "transactions that were lost", 1);
      if (wasCommitted) keep(changes);
    }
  }

  private void fill(Map<Integer, long[]> changes, boolean isCommit) throws Exception {
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(marks.topic(), index, null, bytes(Long.toString(transaction))));
    int size = 1 + random.nextInt(200);
    for (int each = 0; each < size; each++) {
      int key = anyKey();
      long amount = 1 + random.nextInt(1000);
      long[] change = changes.computeIfAbsent(key, any -> new long[2]);
      change[0]++;
      change[1] += amount;
      producer.send(record(key, numbers[key] + change[0], isCommit ? amount : amount + aborted));
      pace();
    }
    if (random.nextInt(50) == 0) Thread.sleep(random.nextInt(3000)); // others' messages wait behind it
  }

  private void keep(Map<Integer, long[]> changes) {
    changes.forEach((key, change) -> {
      numbers[key] += change[0];
      sums[key] += change[1];
      count("committed messages", change[0]);
    });
  }

  /** Goes away as a crash would, with its transaction open, and comes back. */
  private void succeed() {
    producer.close(Duration.ZERO);
    producer = opened();
  }

  private KafkaProducer<byte[], byte[]> opened() {
    Map<String, Object> settings = client();
    settings.put("acks", "all");
    settings.put("linger.ms", "5");
    settings.put("delivery.timeout.ms", Integer.toString(Integer.MAX_VALUE));
    settings.put("max.block.ms", Integer.toString(Integer.MAX_VALUE)); // brokers come back
    if (isTransactional) settings.put("transactional.id", topic + "-" + index);
    while (true) {
      KafkaProducer<byte[], byte[]> made =
          new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
      try {
        if (isTransactional) made.initTransactions();
        return made;
      } catch (RetriableException brokerIsAway) {
        made.close(Duration.ZERO);
      }
    }
  }

  /** The number of the last transaction of this producer that was committed; 0 if none was. */
  private long lastMark() {
    Map<String, Object> settings = client();
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("default.api.timeout.ms", "600000");
    long last = 0;
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(marks));
      long end = consumer.endOffsets(List.of(marks)).get(marks);
      consumer.seek(marks, Math.max(0, end - 1000));
      while (consumer.position(marks) < end)
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(200)))
          last = Long.parseLong(new String(each.value(), StandardCharsets.UTF_8));
    }
    return last;
  }

  private Map<String, Object> client() {
    Map<String, Object> settings = Helper.client(address, Helper.json.createObjectNode());
    settings.put("metadata.max.age.ms", "1000"); // partitions are added
    return settings;
  }

  private ProducerRecord<byte[], byte[]> record(int key, long number, long amount) {
    String text = "{\"key\":\"" + name(key) + "\",\"number\":" + number + ",\"amount\":" + amount
        + ",\"at\":" + System.currentTimeMillis() + "}";
    return new ProducerRecord<>(topic, bytes(name(key)), bytes(text));
  }

  /** After a while without a broker it goes on from now, and does not catch up. */
  private void pace() throws InterruptedException {
    dueNanos = Math.max(dueNanos + 1e9 / perSecond, System.nanoTime() - 1e9);
    long early = (long) (dueNanos - System.nanoTime());
    if (early > 2_000_000) Thread.sleep(early / 1_000_000);
  }

  private int anyKey() {
    return index + producers * random.nextInt((keys - index + producers - 1) / producers);
  }

  private void count(String what, long times) {
    happened.merge(what, times, Long::sum);
  }

  private static String name(int key) {
    return String.format("k%04d", key);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
