import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** Who holds readers of what is committed back, and where. */
final class OpenTransactions {
  private OpenTransactions() {}

  /** By partition of a topic the producers whose transactions are open there, with what the coordinator knows of them. */
  static ArrayNode in(Admin admin, String topic) throws Exception {
    List<TopicPartition> partitions = new ArrayList<>();
    for (TopicPartitionInfo each : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions())
      partitions.add(new TopicPartition(topic, each.partition()));
    Map<Long, TransactionListing> known = new HashMap<>();
    for (TransactionListing each : admin.listTransactions().all().get()) known.put(each.producerId(), each);
    ArrayNode open = Helper.json.createArrayNode();
    admin.describeProducers(partitions).all().get().forEach((partition, state) -> {
      for (ProducerState producer : state.activeProducers())
        if (producer.currentTransactionStartOffset().isPresent())
          describe(open.addObject().put("partition", partition.partition()), producer, known.get(producer.producerId()));
    });
    return open;
  }

  private static void describe(ObjectNode described, ProducerState producer, TransactionListing listing) {
    described
        .put("from", producer.currentTransactionStartOffset().getAsLong())
        .put("producerId", producer.producerId())
        .put("epoch", producer.producerEpoch())
        .put("lastTime", producer.lastTimestamp())
        .put("transactionalId", listing == null ? null : listing.transactionalId())
        .put("state", listing == null ? null : listing.state().toString());
  }
}
