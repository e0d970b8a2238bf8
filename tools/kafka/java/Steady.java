import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Producers that write without pause until they are stopped: keys k0000, k0001, …, each of one producer, and the messages
 * of a key numbered from 1. All but the last producer write in transactions, of which some are aborted and some left open by
 * a producer that goes away; an aborted message's number is given again, and its amount is too large to be overlooked.
 * They keep account of what is committed, through every restart of the broker.
 */
final class Steady {
  private final String address;
  private List<SteadyProducer> producers = List.of();

  Steady(String address) {
    this.address = address;
  }

  void offer(Map<String, Helper.Operation> operations) {
    operations.put("steady-start", args -> start(args));
    operations.put("steady-stop", args -> stop());
  }

  /** {topic, marks (a topic with a partition a producer), producers, keys, perSecond, seed} */
  private JsonNode start(JsonNode args) {
    int count = args.get("producers").asInt();
    Random seeds = new Random(args.get("seed").asLong());
    List<SteadyProducer> started = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      boolean isTransactional = count == 1 || index < count - 1;
      started.add(new SteadyProducer(address, args, index, isTransactional, new Random(seeds.nextLong())));
    }
    producers = started;
    producers.forEach(Thread::start);
    return NullNode.instance;
  }

  /** What is committed: by key how many messages and the sum of their amounts, and what happened. */
  private JsonNode stop() throws Exception {
    for (SteadyProducer each : producers) each.finish();
    ObjectNode account = Helper.json.createObjectNode();
    ArrayNode keys = account.putArray("keys");
    ObjectNode happened = account.putObject("happened");
    for (SteadyProducer each : producers) {
      each.join();
      if (each.failure() != null) throw new IllegalStateException(each.getName() + ": " + each.failure(), each.failure());
      each.account(keys);
      each.happened().forEach((what, times) -> happened.put(what, happened.path(what).asLong() + times));
    }
    producers = List.of();
    return account;
  }
}
