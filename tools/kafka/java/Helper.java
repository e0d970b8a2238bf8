import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.admin.Admin;

/**
 * Topics, producers and readers of the Java client, on request: one JSON object a line on standard input
 * ({"id", "op", "args"}), one answer a line on standard output ({"id", "result"} or {"id", "error": {"name", "message"}}).
 * Requests run side by side: who needs an order waits for the answer. Ends with its input.
 * Argument: the broker's address.
 */
public final class Helper {
  static final ObjectMapper json = new ObjectMapper();

  /** What one kind of request does. */
  interface Operation {
    JsonNode run(JsonNode args) throws Exception;
  }

  private static final Map<String, Operation> operations = new HashMap<>();

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]));
    new Topics(arguments[0], admin).offer(operations);
    new Writers(arguments[0], admin).offer(operations);
    new Fill(arguments[0]).offer(operations);
    new Readers(arguments[0], admin).offer(operations);
    new Steady(arguments[0]).offer(operations);
    ExecutorService pool = Executors.newCachedThreadPool();
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      JsonNode request = json.readTree(line);
      pool.execute(() -> say(answers, answer(request)));
    }
    Runtime.getRuntime().halt(0); // without closing anything: open transactions stay open
  }

  private static ObjectNode answer(JsonNode request) {
    ObjectNode answer = json.createObjectNode();
    answer.set("id", request.get("id"));
    try {
      String op = request.get("op").asText();
      Operation operation = operations.get(op);
      if (operation == null) throw new IllegalArgumentException("no operation " + op);
      answer.set("result", operation.run(request.path("args")));
    } catch (Throwable failure) {
      Throwable cause = cause(failure);
      answer.putObject("error")
          .put("name", cause.getClass().getSimpleName())
          .put("message", String.valueOf(cause.getMessage()));
    }
    return answer;
  }

  private static Throwable cause(Throwable failure) {
    boolean wrapper = failure instanceof ExecutionException || failure instanceof CompletionException;
    return wrapper && failure.getCause() != null ? cause(failure.getCause()) : failure;
  }

  private static void say(PrintStream answers, ObjectNode answer) {
    synchronized (answers) {
      answers.println(answer);
      answers.flush();
    }
  }

  /** The address with the client settings of a request, which win. */
  static Map<String, Object> client(String address, JsonNode settings) {
    Map<String, Object> all = new HashMap<>();
    all.put("bootstrap.servers", address);
    settings.properties().forEach(entry -> all.put(entry.getKey(), entry.getValue().asText()));
    return all;
  }
}
