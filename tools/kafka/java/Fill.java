import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Many messages at once, made here: {"user":"u17","amount":4711,"ts":1690000000000,"id":"9f…"}, whose key is the user. The same
 * seed makes the same messages. Half a million a second and more, or as many a second as one wants.
 */
final class Fill {
  private static final long FIRST_TIME = 1_690_000_000_000L;
  private final String address;

  Fill(String address) {
    this.address = address;
  }

  void offer(Map<String, Helper.Operation> operations) {
    operations.put("fill", this::fill);
  }

  /** Answers when the broker has them all: how many users, and the sum of the amounts. */
  private JsonNode fill(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    long messages = args.get("messages").asLong();
    int users = args.get("users").asInt();
    double perSecond = args.hasNonNull("perSecond") ? args.get("perSecond").asDouble() : Double.POSITIVE_INFINITY;
    SplittableRandom random = new SplittableRandom(args.get("seed").asLong());
    BitSet seen = new BitSet(users);
    long sum = 0;
    AtomicReference<Exception> failure = new AtomicReference<>();
    Map<String, Object> settings = Helper.client(address, args.path("client"));
    settings.putIfAbsent("linger.ms", "20");
    settings.putIfAbsent("batch.size", "65536");
    long started = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (long i = 0; i < messages && failure.get() == null; i++) {
        if ((i & 127) == 0) await(started, i / perSecond);
        int user = random.nextInt(users);
        int amount = random.nextInt(10_000);
        seen.set(user);
        sum += amount;
        long time = FIRST_TIME + i;
        String value = "{\"user\":\"u" + user + "\",\"amount\":" + amount + ",\"ts\":" + time
            + ",\"id\":\"" + Long.toHexString(random.nextLong()) + "\"}";
        producer.send(new ProducerRecord<>(topic, null, time, bytes("u" + user), bytes(value)), (at, error) -> {
          if (error != null) failure.compareAndSet(null, error);
        });
      }
    }
    if (failure.get() != null) throw failure.get();
    return Helper.json.createObjectNode().put("users", seen.cardinality()).put("sum", sum);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void await(long started, double seconds) {
    long left = started + (long) (seconds * 1e9) - System.nanoTime();
    if (left > 0) LockSupport.parkNanos(left);
  }
}
