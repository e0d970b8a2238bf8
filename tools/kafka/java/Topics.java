import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** What an administrator does to topics. */
final class Topics {
  private final String address;
  private final Admin admin;

  Topics(String address, Admin admin) {
    this.address = address;
    this.admin = admin;
  }

  void offer(Map<String, Helper.Operation> operations) {
    operations.put("cluster-id", args -> cluster(args));
    operations.put("create-topic", args -> create(args));
    operations.put("delete-topic", args -> delete(args));
    operations.put("add-partitions", args -> addPartitions(args));
    operations.put("configure-topic", args -> configure(args));
    operations.put("describe-topic", args -> describe(args.get("topic").asText()));
    operations.put("open-transactions", args -> OpenTransactions.in(admin, args.get("topic").asText()));
    operations.put("trim", args -> trim(args));
    operations.put("offsets-at", args -> offsetsAt(args));
    operations.put("grant", args -> grant(args));
  }

  /** Asked by a client of its own: with settings this shows that they let one in. */
  private JsonNode cluster(JsonNode args) throws Exception {
    try (Admin other = Admin.create(Helper.client(address, args.path("client")))) {
      return new TextNode(other.describeCluster().clusterId().get());
    }
  }

  private JsonNode create(JsonNode args) throws Exception {
    String name = args.get("topic").asText();
    int partitions = args.get("partitions").asInt();
    NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.of((short) 1));
    topic.configs(texts(args.path("config")));
    String id = created(topic);
    awaitLeaders(name, partitions);
    return new TextNode(id);
  }

  /** A broker that did not come to a word for some seconds is fenced until it does: for as long no topic can be made. */
  private String created(NewTopic topic) throws Exception {
    while (true) {
      try {
        return admin.createTopics(List.of(topic)).topicId(topic.name()).get().toString();
      } catch (ExecutionException failure) {
        if (!(failure.getCause() instanceof InvalidReplicationFactorException)) throw failure;
        Thread.sleep(50);
      }
    }
  }

  private JsonNode delete(JsonNode args) throws Exception {
    String name = args.get("topic").asText();
    admin.deleteTopics(List.of(name)).all().get();
    while (known(name) != null) Thread.sleep(10);
    return NullNode.instance;
  }

  private JsonNode addPartitions(JsonNode args) throws Exception {
    String name = args.get("topic").asText();
    int total = args.get("total").asInt();
    admin.createPartitions(Map.of(name, NewPartitions.increaseTo(total))).all().get();
    awaitLeaders(name, total);
    return NullNode.instance;
  }

  /** The controller has the settings when it answers; the broker, who tells and obeys them, a moment later. */
  private JsonNode configure(JsonNode args) throws Exception {
    Map<String, String> wanted = texts(args.get("config"));
    List<AlterConfigOp> changes = new ArrayList<>();
    wanted.forEach((key, value) ->
        changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, args.get("topic").asText());
    admin.incrementalAlterConfigs(Map.of(topic, changes)).all().get();
    while (!hasSettings(topic, wanted)) Thread.sleep(10);
    return NullNode.instance;
  }

  private boolean hasSettings(ConfigResource topic, Map<String, String> wanted) throws Exception {
    Config found = admin.describeConfigs(List.of(topic)).all().get().get(topic);
    return wanted.entrySet().stream().allMatch(each -> {
      ConfigEntry entry = found.get(each.getKey());
      return entry != null && each.getValue().equals(entry.value());
    });
  }

  private ObjectNode describe(String name) throws Exception {
    EndingTransactions.await(admin);
    TopicDescription topic = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    Map<Integer, Long> earliest = offsets(topic, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
    Map<Integer, Long> latest = offsets(topic, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
    Map<Integer, Long> stable = offsets(topic, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
    ObjectNode described = Helper.json.createObjectNode().put("id", topic.topicId().toString());
    ArrayNode partitions = described.putArray("partitions");
    for (TopicPartitionInfo each : topic.partitions())
      partitions.addObject()
          .put("partition", each.partition())
          .put("earliest", earliest.get(each.partition()))
          .put("latest", latest.get(each.partition()))
          .put("lastStable", stable.get(each.partition()));
    return described;
  }

  private JsonNode trim(JsonNode args) throws Exception {
    TopicPartition partition = new TopicPartition(args.get("topic").asText(), args.get("partition").asInt());
    RecordsToDelete before = RecordsToDelete.beforeOffset(args.get("earliest").asLong());
    admin.deleteRecords(Map.of(partition, before)).all().get();
    return NullNode.instance;
  }

  /** By partition the first offset whose time is at or after the given one; null when there is none. */
  private JsonNode offsetsAt(JsonNode args) throws Exception {
    String name = args.get("topic").asText();
    TopicDescription topic = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    OffsetSpec time = OffsetSpec.forTimestamp(args.get("time").asLong());
    Map<Integer, Long> found = offsets(topic, time, IsolationLevel.READ_UNCOMMITTED);
    ArrayNode byPartition = Helper.json.createArrayNode();
    for (TopicPartitionInfo each : topic.partitions()) {
      long offset = found.get(each.partition());
      if (offset < 0) byPartition.addNull();
      else byPartition.add(offset);
    }
    return byPartition;
  }

  /** As with settings: the broker allows it a moment after the controller has written it down. */
  private JsonNode grant(JsonNode args) throws Exception {
    ResourceType kind = ResourceType.fromString(args.get("kind").asText());
    ResourcePattern resource = new ResourcePattern(kind, args.get("name").asText(), PatternType.LITERAL);
    List<AclBinding> bindings = new ArrayList<>();
    for (JsonNode operation : args.get("operations")) {
      AclOperation allowed = AclOperation.fromString(operation.asText());
      bindings.add(new AclBinding(resource, new AccessControlEntry(
          "User:" + args.get("user").asText(), "*", allowed, AclPermissionType.ALLOW)));
    }
    admin.createAcls(bindings).all().get();
    for (AclBinding each : bindings)
      while (admin.describeAcls(each.toFilter()).values().get().isEmpty()) Thread.sleep(10);
    return NullNode.instance;
  }

  private Map<Integer, Long> offsets(TopicDescription topic, OffsetSpec spec, IsolationLevel isolation) throws Exception {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (TopicPartitionInfo each : topic.partitions())
      wanted.put(new TopicPartition(topic.name(), each.partition()), spec);
    Map<Integer, Long> found = new HashMap<>();
    admin.listOffsets(wanted, new ListOffsetsOptions(isolation)).all().get()
        .forEach((partition, info) -> found.put(partition.partition(), info.offset()));
    return found;
  }

  /** A topic is there at once, its leaders a moment later; requests in between fail. */
  private void awaitLeaders(String name, int partitions) throws Exception {
    while (true) {
      TopicDescription topic = known(name);
      boolean led = topic != null && topic.partitions().size() == partitions
          && topic.partitions().stream().allMatch(each -> each.leader() != null);
      if (led) return;
      Thread.sleep(10);
    }
  }

  private TopicDescription known(String name) throws Exception {
    try {
      return admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof UnknownTopicOrPartitionException) return null;
      throw failure;
    }
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new HashMap<>();
    object.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }
}
