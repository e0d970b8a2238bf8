import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;

/**
 * A broker answers that a transaction is committed or aborted when it has written down that it will be: readers see so a
 * moment later, when the markers are in the partitions. Who writes and then reads has to wait for that.
 */
final class EndingTransactions {
  private static final Set<TransactionState> ENDING = Set.of(
      TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT, TransactionState.PREPARE_EPOCH_FENCE);
  private static final long LIMIT = Duration.ofSeconds(60).toNanos();

  private EndingTransactions() {}

  /** Returns when all transactions that are being ended now have their markers; those that begin later are not waited for. */
  static void await(Admin admin) throws Exception {
    long start = System.nanoTime();
    Set<String> left = ending(admin);
    while (!left.isEmpty()) {
      if (System.nanoTime() - start > LIMIT) throw new IllegalStateException("no markers for a minute: " + left);
      Thread.sleep(2);
      left.retainAll(ending(admin));
    }
  }

  private static Set<String> ending(Admin admin) throws Exception {
    Set<String> found = new HashSet<>();
    ListTransactionsOptions options = new ListTransactionsOptions().filterStates(ENDING);
    for (TransactionListing each : admin.listTransactions(options).all().get()) found.add(each.transactionalId());
    return found;
  }
}
